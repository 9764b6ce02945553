import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Address, SolidlyGeneration } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { solidly } from "../../bot/venues/solidly.ts";
import { routerCall } from "../../localnet/routers.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { setTokenBalance } from "../support/fund.ts";
import { readerAt } from "../support/reader.ts";
import { deploySolidlyTwins, deploySortedTokens, setFeesCall, syncCall } from "../support/solidlyTwins.ts";

interface Vector {
  readonly id: string;
  readonly exchange: string;
  readonly generation: SolidlyGeneration;
  /** What was asked of the pair: where it was an output, `amountIn` buys at least that. */
  readonly kind: "exactIn" | "exactOut";
  readonly state: {
    readonly reserve0: string;
    readonly reserve1: string;
    readonly unit0: string;
    readonly unit1: string;
    readonly stable: boolean;
    readonly fee: string;
  };
  readonly zeroForOne: boolean;
  readonly amountIn: string;
  readonly amountOut: string;
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("../vectors/solidly.json", import.meta.url), "utf8"),
);

/*
 * Recorded states and outputs. One that is published is left out: a stable pair of Camelot V2 in a simulator's test, one
 * unit above what the pair's published source pays. There the source reverts `K`: the simulator groups a derivative,
 * x·x / 1e18 · x / 1e18, otherwise than Solidity does.
 */
describe("recorded states of Solidly pairs", () => {
  const chain = useArbitrum();

  for (const { id, exchange, generation, kind, state, zeroForOne, ...amounts } of vectors) {
    const [amountIn, amountOut] = [BigInt(amounts.amountIn), BigInt(amounts.amountOut)];
    const curve = state.stable ? "stable" : "volatile";
    const least = kind === "exactOut" ? "at least " : "";
    it(`${id} (${exchange}, ${curve}): the quote says and the twin pays ${least}${amountOut}`, async () => {
      const [owner] = await chain().ethers.getSigners();
      if (owner === undefined) throw new Error("The network has no accounts.");
      const { deployment, open } = await deploySolidlyTwins(chain(), owner, generation);
      const tokens = await deploySortedTokens(owner, [state.unit0.length - 1, state.unit1.length - 1]);
      const pool = await open(tokens, state.stable);
      for (const [token, reserve] of [
        [tokens[0], state.reserve0],
        [tokens[1], state.reserve1],
      ] as const) {
        await setTokenBalance(chain(), token, pool.address, BigInt(reserve));
      }
      for (const { target, data } of [syncCall(pool), setFeesCall(pool, [BigInt(state.fee), BigInt(state.fee)])]) {
        await owner.sendTransaction({ to: target, data });
      }
      const readState = async () => {
        const read = solidly.decode(pool, await readerAt(chain()).read(solidly.reads(pool)), 0n);
        if (isRefusal(read)) throw new Error(read.detail);
        return read;
      };

      const [tokenIn, tokenOut] = (zeroForOne ? pool.tokens : [...pool.tokens].reverse()) as [Address, Address];
      const prepared = solidly.curve(pool, await readState(), tokenIn, tokenOut);
      if (isRefusal(prepared)) throw new Error(prepared.detail);
      const quoted = prepared.quote(amountIn);
      if (kind === "exactIn") expect(quoted, "quote").to.equal(amountOut);
      else expect(!isRefusal(quoted) && quoted >= amountOut, `quote ${quoted}`).to.equal(true);

      const hop = solidly.encode(deployment, pool, tokenIn, tokenOut);
      await setTokenBalance(chain(), tokenIn, owner.address, amountIn);
      await erc20(tokenIn, owner).approve(deployment.router, amountIn);
      const { to, data } = routerCall(deployment, hop, { tokenIn, tokenOut, amountIn }, owner.address);
      const held = erc20(tokenOut, owner);
      const before = await held.balanceOf(owner);
      await owner.sendTransaction({ to, data });
      expect((await held.balanceOf(owner)) - before, "paid").to.equal(quoted);
      expect(await readState(), "state after").to.deep.equal(prepared.after(amountIn));
    });
  }
});
