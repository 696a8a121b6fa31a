import type { Client } from "../clients/typescript/client.ts";
import { MusterError } from "../core/errors.ts";
import type { Home } from "../system/home.ts";
import { readClientFile } from "../system/client_file.ts";
import { type Choice, chooseController } from "./controller_address.ts";
import type { Ports } from "./ports.ts";

/** Finds the controller that is meant, and starts this machine's where that is right. */
export class Connection {
  readonly #ports: Ports;
  readonly #flag: string | undefined;
  readonly #home: () => Home;
  #client: Client | undefined;

  constructor(ports: Ports, flag: string | undefined, home: () => Home) {
    this.#ports = ports;
    this.#flag = flag;
    this.#home = home;
  }

  /** A client of a controller that runs, after starting one here if none does and none is named. */
  async client(signal: () => AbortSignal): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const choice = await this.#choose();
    if (choice.isLocal && !await this.#ports.starter.answers(this.#home())) await this.#start(signal());
    return await this.#open(choice);
  }

  /** A client of a controller that runs. `doing` begins the error where none does. */
  async runningClient(doing: string): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const choice = await this.#choose();
    if (choice.isLocal && !await this.#ports.starter.answers(this.#home())) {
      await this.#refuseElsewhere(doing);
      throw new MusterError("Unreachable", `${doing}: no controller runs on this machine`, {
        hint: "muster sub … starts one, or: muster controller start --detach",
      });
    }
    return await this.#open(choice);
  }

  async meansLocal(): Promise<boolean> {
    return (await this.#choose()).isLocal;
  }

  close(): void {
    this.#client?.close();
  }

  async #choose(): Promise<Choice> {
    const home = this.#home();
    return chooseController({
      flag: this.#flag,
      env: this.#ports.env,
      file: await readClientFile(home.client),
      socket: home.controller.socket,
    });
  }

  async #open(choice: Choice): Promise<Client> {
    return this.#client = await this.#ports.createClient(choice.address);
  }

  async #start(signal: AbortSignal): Promise<void> {
    await this.#refuseElsewhere("Cannot start a controller");
    const started = await this.#ports.starter.start(this.#home(), [], signal);
    if (!started.isOurs) return;
    this.#ports.output.err("Started a controller on this machine (muster controller stop ends it)\n");
  }

  async #refuseElsewhere(doing: string): Promise<void> {
    const host = await this.#ports.starter.elsewhere(this.#home());
    if (host === null) return;
    const { root } = this.#home();
    throw new MusterError("Unreachable", `${doing}: that of MUSTER_HOME "${root}" lives on "${host}"`, {
      hint: `Run this on ${host}, or log in to it from here: muster login URL --ca SHA256:…`,
    });
  }
}
