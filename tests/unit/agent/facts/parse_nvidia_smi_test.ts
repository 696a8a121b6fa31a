import assert from "node:assert/strict";
import { parseGpus, parseGpuSamples } from "../../../../agent/facts/parse_nvidia_smi.ts";

Deno.test("parseGpus() reads one GPU a line", () => {
  const text =
    "0, NVIDIA H100 80GB HBM3, 81559, GPU-1b2c, 550.54.15\n1, NVIDIA H100 80GB HBM3, 81559, GPU-9f, 550.54.15\n";
  assert.deepEqual(parseGpus(text).map(({ index, memoryBytes, uuid }) => [index, memoryBytes, uuid]), [
    [0, 81559 * 2 ** 20, "GPU-1b2c"],
    [1, 81559 * 2 ** 20, "GPU-9f"],
  ]);
  assert.equal(parseGpus(text)[0]!.model, "NVIDIA H100 80GB HBM3");
});

Deno.test("parseGpus() takes what the tool does not know for unknown", () => {
  assert.deepEqual(parseGpus("0, NVIDIA GB10, [N/A], GPU-77, 580.82.07\n"), [
    { index: 0, model: "NVIDIA GB10", memoryBytes: null, uuid: "GPU-77", driver: "580.82.07" },
  ]);
  assert.equal(parseGpus("0, Tesla, [Not Supported], [Unknown Error], 470\n")[0]!.uuid, null);
});

Deno.test("parseGpus() finds none in errors", () => {
  const cases = [
    "",
    "No devices were found\n",
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n",
    "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.54\n",
    "Unable to determine the device handle for GPU0000:01:00.0: Unknown Error\n",
  ];
  for (const text of cases) assert.deepEqual(parseGpus(text), [], text);
});

Deno.test("parseGpuSamples() gives shares and bytes", () => {
  assert.deepEqual(parseGpuSamples("0, 50, 1024\n1, [N/A], [N/A]\n"), [
    { index: 0, utilization: 0.5, memoryUsedBytes: 2 ** 30 },
    { index: 1, utilization: null, memoryUsedBytes: null },
  ]);
});
