import { hooks, network } from "hardhat";
import { buildArbitrum, localnetNetwork } from "./arbitrum.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Localnet } from "./localnet.ts";

/** A localnet that other processes can reach, by HTTP and WebSocket at one URL. */
export interface Served {
  readonly localnet: Localnet;
  readonly url: string;
  /** Stops listening. Connections that clients keep open are cut when the process ends. */
  close(): Promise<void>;
}

/** Builds Arbitrum One and serves it once it is complete. The endpoint must be free. */
export async function serveArbitrum({ hostname, port }: Endpoint): Promise<Served> {
  let connection: Localnet["connection"] | undefined;
  // `createServer` makes its own connection and keeps it: this is where others see it.
  const capture = {
    async newConnection(context: unknown, next: (context: never) => Promise<unknown>) {
      const made = await next(context as never);
      connection = made as Localnet["connection"];
      return made as never;
    },
  };
  hooks.registerHandlers("network", capture);
  const server = await network.createServer(localnetNetwork, hostname, port);
  hooks.unregisterHandlers("network", capture);
  if (connection === undefined) throw new Error("Hardhat made a server without a connection.");
  const localnet = await buildArbitrum(connection);
  const listening = await server.listen();
  return {
    localnet,
    url: `http://${hostname}:${listening.port}`,
    close: () => Promise.race([server.close(), new Promise<void>((resolve) => setTimeout(resolve, 500).unref())]),
  };
}
