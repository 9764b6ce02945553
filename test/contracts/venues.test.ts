import { expect } from "chai";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { venueNames } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { unitsWorth } from "../../localnet/market.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import { executeRoute, loanOf, type Market, marketsOf, profitableLoop, residue } from "../support/routes.ts";

/** An order of magnitude: small enough for every pool. */
const loanUsd = 300n;

for (const name of venueNames) {
  describe(`FlashArbitrage earns through ${name}`, () => {
    const chain = useArbitrum();
    let executor: Executor;
    let markets: Market[];

    before(async () => {
      executor = await deployExecutor(chain());
      markets = await marketsOf(chain(), name);
    });

    /** Runs tokenIn → pool → tokenOut → counter pair → tokenIn with the operator's own money, and checks what stays. */
    async function earn(market: Market, tokenIn: string, tokenOut: string): Promise<string | undefined> {
      const token = arbitrum.tokens.find(({ address }) => address === tokenIn);
      if (token === undefined) throw new Error(`${tokenIn} is not in the chain file.`);
      const loan = loanOf("operator", tokenIn, unitsWorth(token, loanUsd));
      const { operator, address } = executor;
      await setTokenBalance(chain(), tokenIn, operator.address, loan.amount as bigint);
      await erc20(tokenIn, operator).approve(address, loan.amount as bigint);
      const legs = await profitableLoop(chain(), executor, market, [tokenIn, tokenOut], loan);
      if (isRefusal(legs)) return `${market.deployment.name} ${market.pool.id}: ${legs.refused} (${legs.detail})`;
      const { profit, gained, fee } = await executeRoute(executor, loan, legs);
      expect(gained, "the treasury gains the event's profit").to.equal(profit);
      expect(fee, "the own wallet takes no fee").to.equal(0n);
      expect(await erc20(tokenIn, operator).balanceOf(operator), "the operator has its money back").to.equal(
        loan.amount,
      );
      expect(await residue(chain(), executor, legs), "nothing stays in the contract").to.deep.equal([]);
      return undefined;
    }

    for (const direction of ["one way", "the other way"] as const) {
      it(`${direction}, in every pool of every deployment`, async function () {
        this.timeout(300_000);
        const refusals: string[] = [];
        expect(markets, "pools on this chain").to.not.be.empty;
        for (const market of markets) {
          const [first, second] = market.pool.tokens;
          if (!first || !second) throw new Error(`${market.pool.id} trades fewer than two tokens.`);
          const snapshot = await chain().networkHelpers.takeSnapshot();
          const refusal = await (direction === "one way" ? earn(market, first, second) : earn(market, second, first));
          await snapshot.restore();
          if (refusal !== undefined) refusals.push(refusal);
        }
        if (!isFork) expect(refusals).to.deep.equal([]);
        else if (refusals.length === markets.length) {
          process.stdout.write(
            `      skipped, no pool of ${name} quotes on this block:\n      ${refusals.join("\n      ")}\n`,
          );
          this.skip();
        }
      });
    }
  });
}
