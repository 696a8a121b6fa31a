import { blobStoreContract } from "../../contracts/blob_store.ts";
import { memoryBlobs } from "../../fakes/memory_blobs.ts";

blobStoreContract({ name: "memoryBlobs()", create: () => memoryBlobs() });
