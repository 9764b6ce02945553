import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { useArbitrum } from "../support/arbitrum.ts";
import { loanOf } from "../support/routes.ts";
import { catalogue } from "./catalogue.ts";
import {
  balanceOf,
  createStage,
  deployVictim,
  honestHops,
  hopOf,
  hostilePool,
  one,
  order,
  type Stage,
  type Victim,
  weth,
} from "./stage.ts";
import { isExecutor, markdownTables } from "./table.ts";

describe("The catalogue of attacks", () => {
  it("is what docs/security.md shows: npm run attacks -- --markdown prints it", async () => {
    const document = await readFile(fileURLToPath(new URL("../../docs/security.md", import.meta.url)), "utf8");
    expect(document.slice(document.indexOf("\n## ") + 1)).to.equal(markdownTables());
  });

  describe("has broken twins", () => {
    const chain = useArbitrum();
    let stage: Stage;
    before(async () => {
      stage = await createStage(chain());
    });

    /** What these do with a router is the attack. */
    const brokenWithRouters = new Set(["PayingAhead", "DelegatingToTheTarget"]);

    async function throughPools(victim: Victim) {
      const { gold } = stage;
      const buying = { tokenIn: weth, tokenOut: gold, amountIn: one, pays: one };
      const selling = { tokenIn: gold, tokenOut: weth, amountIn: one, pays: 2n * one };
      return [
        await hopOf("uniswapV3", await hostilePool(stage, victim, buying), gold),
        await hopOf("uniswapV3", await hostilePool(stage, victim, selling), weth),
      ];
    }

    const twins = new Set([...catalogue.values()].flatMap((row) => row.twins).filter(isExecutor));
    for (const twin of ["SoundExecutor", ...twins]) {
      it(`of which ${twin} trades as well as FlashArbitrage when nobody attacks`, async () => {
        const victim = await deployVictim(stage, twin);
        const payee = twin.includes("PayingTheCaller") ? stage.operator : stage.treasury;
        for (const lender of ["aaveV3", "balancerV2"] as const) {
          const before = await balanceOf(stage, weth, payee);
          const hops = brokenWithRouters.has(twin)
            ? await throughPools(victim)
            : await honestHops(stage, one, one / 100n);
          await order(stage, victim, loanOf(lender, weth, one), hops);
          expect(await balanceOf(stage, weth, payee), lender).to.be.greaterThan(before);
        }
      });
    }
  });
});
