import type { Address } from "../../bot/config/chains/chain.ts";
import type { Position } from "../../localnet/algebra.ts";
import { AlgebraLiquidity__factory } from "../../types/index.js";
import type { Connection } from "./arbitrum.ts";
import { setTokenBalance } from "./fund.ts";

/** Adds positions to a pool of any Algebra generation, paid with tokens out of nothing. */
export async function addPositions(
  connection: Connection,
  pool: { readonly address: Address; readonly tokens: readonly Address[] },
  positions: readonly Position[],
): Promise<void> {
  const [signer] = await connection.ethers.getSigners();
  if (signer === undefined) throw new Error("The network has no accounts.");
  const payer = await new AlgebraLiquidity__factory(signer).deploy();
  for (const token of pool.tokens) await setTokenBalance(connection, token, await payer.getAddress(), 2n ** 110n);
  await (await payer.add(pool.address, [...positions])).wait();
}
