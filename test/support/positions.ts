import { Contract } from "ethers";
import type { Address } from "../../bot/config/chains/chain.ts";
import type { Position } from "../../localnet/concentrated.ts";
import { PoolCaller__factory } from "../../types/index.js";
import type { Connection } from "./arbitrum.ts";
import { setTokenBalance } from "./fund.ts";

/** A pool of any Algebra generation. */
interface AnyPool {
  readonly address: Address;
  readonly tokens: readonly Address[];
}

/** Adds positions to a pool, paid with tokens out of nothing. */
export async function addPositions(
  connection: Connection,
  pool: AnyPool,
  positions: readonly Position[],
): Promise<void> {
  const [signer] = await connection.ethers.getSigners();
  if (signer === undefined) throw new Error("The network has no accounts.");
  const payer = await new PoolCaller__factory(signer).deploy();
  for (const token of pool.tokens) await setTokenBalance(connection, token, await payer.getAddress(), 2n ** 110n);
  await (await payer.addToAlgebra(pool.address, [...positions])).wait();
}

/** Returns the distance between the ticks at which a pool takes positions. */
export async function tickSpacingOf({ ethers }: Connection, pool: AnyPool): Promise<number> {
  const contract = new Contract(pool.address, ["function tickSpacing() view returns (int24)"], ethers.provider);
  return Number(await contract.getFunction("tickSpacing")());
}

/** Adds four narrow positions around `tick`, which overlap and share no tick, with a quarter of `liquidity` each. */
export async function surround(connection: Connection, pool: AnyPool, tick: number, liquidity: bigint): Promise<void> {
  const spacing = await tickSpacingOf(connection, pool);
  const center = Math.floor(tick / spacing) * spacing;
  await addPositions(
    connection,
    pool,
    [1, 2, 5, 9].map((steps) => ({
      bottomTick: center - steps * spacing,
      topTick: center + (10 - steps) * spacing,
      // A pool that nobody provides for gets enough to be swapped in.
      liquidity: liquidity / 4n || 10n ** 15n,
    })),
  );
}
