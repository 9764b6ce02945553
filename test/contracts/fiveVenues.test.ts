import { expect } from "chai";
import { ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { lenderNames, tokenOf, venueNames } from "../../bot/config/chains/chain.ts";
import { askedLenderNames } from "../../bot/lenders/registry.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { fiveVenueRoute, type Route } from "../support/fiveVenueRoute.ts";
import { executeRoute, farDeadline, loanOf, residue } from "../support/routes.ts";

const weth = tokenOf(arbitrum, "WETH").address;
const amount = 10n ** 17n;

describe("FlashArbitrage runs all five venues in one transaction", () => {
  const chain = useArbitrum();
  let executor: Executor;
  let route: Route;

  before(async () => {
    executor = await deployExecutor(chain());
    route = await fiveVenueRoute(chain(), executor, amount);
  });

  it("with a hop through each", () => {
    const names = route.legs.map(({ hop }) => venueNames[Number(hop.venue)]);
    expect(names).to.have.members(["solidly", "dodo", "balancer", "algebra", "woofi"]);
  });

  for (const lender of askedLenderNames.filter((name) => name !== "balancerV2")) {
    it(`financed by ${lender}`, async () => {
      const { profit, gained } = await executeRoute(executor, loanOf(lender, weth, amount), route.legs);
      expect(profit).to.be.greaterThan(0n);
      expect(gained, "the treasury gains the event's profit").to.equal(profit);
      expect(await residue(chain(), executor, route.legs), "nothing stays").to.deep.equal([]);
      if (lender === "operator") {
        expect(await erc20(weth, executor.operator).balanceOf(executor.operator)).to.equal(amount);
      }
    });
  }

  it("not financed by balancerV2, whose lock covers the Balancer hop", async () => {
    const { flash, operator } = executor;
    const hops = route.legs.map(({ hop }) => hop);
    const call = flash.connect(operator).execute(ZeroHash, loanOf("balancerV2", weth, amount), hops, 1n, farDeadline);
    const index = route.legs.findIndex(({ hop }) => venueNames[Number(hop.venue)] === "balancer");
    await expect(call)
      .to.be.revertedWithCustomError(flash, "LenderLocksHop")
      .withArgs(lenderNames.indexOf("balancerV2"), index);
  });
});
