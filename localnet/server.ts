import { createServer } from "node:net";
import { hooks, network } from "hardhat";
import { buildArbitrum, localnetNetwork } from "./arbitrum.ts";
import type { Localnet } from "./localnet.ts";

export interface Endpoint {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** A localnet that other processes can reach, by HTTP and WebSocket at one URL. */
export interface Served {
  readonly localnet: Localnet;
  readonly url: string;
  /** Stops listening. Connections that clients keep open are cut when the process ends. */
  close(): Promise<void>;
}

/** Thrown when nothing can listen at an endpoint. */
export class EndpointTakenError extends Error {
  override readonly name = "EndpointTakenError";
}

/**
 * Builds Arbitrum One and serves it once it is complete.
 *
 * @throws EndpointTakenError before anything is built
 */
export async function serveArbitrum({ hostname, port }: Endpoint): Promise<Served> {
  await assertFree({ hostname, port });
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

/** Hardhat's server does not report that it cannot listen. */
async function assertFree({ hostname, port }: Endpoint): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (cause) =>
      reject(new EndpointTakenError(`Nothing can listen at ${hostname}:${port}: ${cause.message}`, { cause })),
    );
    probe.listen(port, hostname, () => probe.close(() => resolve()));
  });
}
