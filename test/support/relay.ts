import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a client and a server, and can fail as a network does. */
export interface Relay {
  readonly port: number;
  /** How many connections were made. */
  readonly connections: () => number;
  /** Ends all connections, as a server that is restarted does. */
  cut(): void;
  /** Passes nothing on any more of what is connected now, and ends nothing: as a cable that was pulled out. */
  stall(): void;
  close(): Promise<void>;
}

export async function startRelay(port: number): Promise<Relay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let made = 0;
  const server = createServer((client) => {
    made += 1;
    const upstream = connect(port, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.pipe(upstream).pipe(client);
    for (const socket of pair) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const [client] of pairs) client.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => made,
    cut,
    stall() {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream).resume();
        upstream.unpipe(client).resume();
      }
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
