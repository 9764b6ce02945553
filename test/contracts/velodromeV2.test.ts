import { expect } from "chai";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { type SolidlyPool, solidly } from "../../bot/venues/solidly.ts";
import type { Venue } from "../../bot/venues/venue.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import { executeRoute, loanOf, profitableLoop, residue } from "../support/routes.ts";
import { deploySolidlyTwins, syncCall } from "../support/solidlyTwins.ts";

const usd = 10n ** 6n;

/** Velodrome V2 and Aerodrome are not on Arbitrum: their twins are put there. */
describe("FlashArbitrage earns through Velodrome V2", () => {
  const chain = useArbitrum();

  for (const stable of [false, true]) {
    it(`in a ${stable ? "stable" : "volatile"} pool, both ways, through its router and straight`, async () => {
      const [owner] = await chain().ethers.getSigners();
      if (owner === undefined) throw new Error("The network has no accounts.");
      const executor = await deployExecutor(chain());
      const { operator, address } = executor;
      const { deployment, open } = await deploySolidlyTwins(chain(), owner, "velodromeV2");
      const tokens: [Address, Address] = [tokenOf(arbitrum, "USDC").address, tokenOf(arbitrum, "USDT").address];
      const pool: SolidlyPool = await open(tokens, stable);
      for (const token of tokens) await setTokenBalance(chain(), token, pool.address, 1_000_000n * usd);
      const { target, data } = syncCall(pool);
      await owner.sendTransaction({ to: target, data });
      const directions = [pool.tokens, [...pool.tokens].reverse() as [Address, Address]] as const;
      const ways = ["through its router", "straight"] as const;

      for (const [way, [tokenIn, tokenOut]] of ways.flatMap((each) =>
        directions.map((pair) => [each, pair] as const),
      )) {
        const market = { way, venue: solidly as unknown as Venue, deployment, pool };
        const loan = loanOf("operator", tokenIn, 300n * usd);
        await setTokenBalance(chain(), tokenIn, operator.address, 300n * usd);
        await erc20(tokenIn, operator).approve(address, 300n * usd);
        const legs = await profitableLoop(chain(), executor, market, [tokenIn, tokenOut], loan);
        if (isRefusal(legs)) throw new Error(legs.detail);
        const { profit, gained } = await executeRoute(executor, loan, legs);
        expect(gained, "the treasury gains the event's profit").to.equal(profit);
        expect(await residue(chain(), executor, legs), "nothing stays in the contract").to.deep.equal([]);
      }
    });
  }
});
