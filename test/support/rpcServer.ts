import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Connection } from "./arbitrum.ts";

interface RpcRequest {
  readonly id: unknown;
  readonly method: string;
  readonly params?: unknown[];
}

/** The chain under test over HTTP, for a bot in a process of its own. */
export interface RpcServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the chain under test on a free port of this machine, below a path that stands for a provider's key. */
export async function serveRpc(connection: Connection): Promise<RpcServer> {
  const answer = async ({ id, method, params = [] }: RpcRequest) => {
    try {
      return { jsonrpc: "2.0", id, result: await connection.provider.request({ method, params }) };
    } catch (error) {
      const { message, code = -32603, data } = error as { message: string; code?: number; data?: unknown };
      return { jsonrpc: "2.0", id, error: { code, message, data } };
    }
  };
  const server = createServer(async (request, response) => {
    const body: RpcRequest | RpcRequest[] = JSON.parse(await text(request));
    const answers = Array.isArray(body) ? await Promise.all(body.map(answer)) : await answer(body);
    response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v2/a-providers-key`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
