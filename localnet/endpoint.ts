import { createServer } from "node:net";

/** Where a server listens. */
export interface Endpoint {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Thrown when nothing can listen at an endpoint. */
export class EndpointTakenError extends Error {
  override readonly name = "EndpointTakenError";
}

/**
 * Asserts that something can listen at an endpoint, because Hardhat's server does not report that it cannot.
 *
 * @throws EndpointTakenError
 */
export async function assertFree({ hostname, port }: Endpoint): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (cause) =>
      reject(new EndpointTakenError(`Nothing can listen at ${hostname}:${port}: ${cause.message}`, { cause })),
    );
    probe.listen(port, hostname, () => probe.close(() => resolve()));
  });
}
