import { expect } from "chai";
import { toBeHex } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Token, venueNames } from "../../bot/config/chains/chain.ts";
import { unitsWorth } from "../../localnet/market.ts";
import { type Random, seededRandom } from "../../localnet/random.ts";
import { type RouteModel, RouteModel__factory } from "../../types/index.js";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import { farDeadline, type Leg, legThrough, loanOf, type Market, marketsOf, residue } from "../support/routes.ts";

/** One hop for both sides: how the contract is asked for it, and how the model trades it. */
interface Twofold {
  readonly leg: Leg;
  readonly step: RouteModel.StepStruct;
}

const routes = 48;
/** Below 2^64 of every token's units, and enough to move prices. */
const usd = { least: 100n, most: 5_000n };

describe("FlashArbitrage comes to what its routers pay one by one", () => {
  const chain = useArbitrum();
  let executor: Executor;
  let model: RouteModel;
  /** By venue and way: what a hop can go through. */
  let straight: Market[];
  let routed: Market[];

  before(async () => {
    executor = await deployExecutor(chain());
    model = await new RouteModel__factory(executor.trader).deploy();
    routed = (await Promise.all(venueNames.map((name) => marketsOf(chain(), name)))).flat();
    straight = (await Promise.all(venueNames.map((name) => marketsOf(chain(), name, "straight")))).flat();
    for (const { address } of arbitrum.tokens) {
      await executor.flash.connect(executor.owner).setOperatorLoanCap(address, 2n ** 200n);
    }
  });

  /** Draws a hop between two tokens, or between one and any other. */
  function drawHop(random: Random, tokenIn: string, tokenOut: string | undefined): Twofold | undefined {
    const fits = ({ pool: { tokens } }: Market) =>
      tokens.includes(tokenIn) && (tokenOut === undefined || tokens.includes(tokenOut));
    const fitting = routed.filter(fits);
    if (fitting.length === 0) return undefined;
    // A venue first: some have many more pools than others.
    const venue = random.pick([...new Set(fitting.map((market) => market.venue.name))]);
    const market = random.pick(fitting.filter((one) => one.venue.name === venue));
    const to = tokenOut ?? random.pick(market.pool.tokens.filter((token) => token !== tokenIn));
    const plain = legThrough(market, tokenIn, to);
    // The fee route proxy of DODO takes a fee, which its pools alone do not.
    const shortcut =
      venue === "dodo" || random.bigint(0n, 1n) === 0n
        ? undefined
        : straight.find(({ pool }) => pool.id === market.pool.id);
    const { target, data } = plain.hop;
    const step = {
      kind: venueNames.indexOf(venue),
      target,
      spender: plain.spender,
      tokenIn,
      tokenOut: to,
      amountIn: 0n,
    };
    return {
      leg: shortcut === undefined ? plain : legThrough(shortcut, tokenIn, to),
      step: { ...step, data },
    };
  }

  /** Draws a closed route of two to four swaps, some of them shared by two pools. */
  function drawRoute(random: Random, token: Token, amount: bigint): readonly Twofold[] | undefined {
    const swaps = Number(random.bigint(2n, 4n));
    const hops: Twofold[] = [];
    let tokenIn = token.address;
    for (let swap = 0; swap < swaps; swap++) {
      const isLast = swap === swaps - 1;
      const hop = drawHop(random, tokenIn, isLast ? token.address : undefined);
      if (hop === undefined || hop.leg.tokenOut === tokenIn) return undefined;
      const { tokenOut } = hop.leg;
      const other = swap === 0 && random.bigint(0n, 2n) === 0n ? drawHop(random, tokenIn, tokenOut) : undefined;
      if (other !== undefined && other.leg.hop.target !== hop.leg.hop.target) {
        const amountIn = amount / random.bigint(2n, 5n);
        hops.push({
          leg: { ...other.leg, hop: { ...other.leg.hop, amountIn } },
          step: { ...other.step, amountIn },
        });
      }
      hops.push(hop);
      tokenIn = tokenOut;
    }
    return hops[0]?.leg.tokenIn === token.address && tokenIn === token.address ? hops : undefined;
  }

  const steps = (hops: readonly Twofold[]) => hops.map(({ step }) => step);
  const backwards = (hops: readonly Twofold[]) =>
    steps(hops)
      .reverse()
      .map(({ tokenIn, tokenOut, ...step }) => ({ ...step, tokenIn: tokenOut, tokenOut: tokenIn, amountIn: 0n }));

  it(`on ${routes} random routes, those that lose and those that earn, through routers and straight`, async function () {
    this.timeout(300_000);
    const { networkHelpers } = chain();
    const modelAddress = await model.getAddress();
    const counts = { earned: 0, lost: 0, failed: 0 };
    for (let seed = 1; counts.earned + counts.lost + counts.failed < routes; seed++) {
      const random = seededRandom(seed);
      const token = random.pick(arbitrum.tokens);
      const amount = unitsWorth(token, random.bigint(usd.least, usd.most));
      const hops = drawRoute(random, token, amount);
      if (hops === undefined) continue;
      const drawn = await networkHelpers.takeSnapshot();
      const legs = hops.map(({ leg }) => leg);
      const label = `seed ${seed}: ${legs.map(({ hop }) => venueNames[Number(hop.venue)]).join(", ")}`;

      // Trading the route backwards first leaves a spread for it, as far as its pools allow.
      if (random.bigint(0n, 2n) > 0n && !steps(hops).some(({ kind, amountIn }) => kind === 3 || amountIn !== 0n)) {
        await setTokenBalance(chain(), token.address, modelAddress, amount * 10n);
        const back = backwards(hops);
        await model.run(token.address, back).then(
          (sent) => sent.wait(),
          () => undefined,
        );
      }
      const start = await networkHelpers.takeSnapshot();
      const second = (await networkHelpers.time.latest()) + 60;

      for (const { address } of arbitrum.tokens) await setTokenBalance(chain(), address, modelAddress, 0n);
      await setTokenBalance(chain(), token.address, modelAddress, amount);
      await networkHelpers.time.setNextBlockTimestamp(second);
      const failure = await model.run(token.address, steps(hops)).then(
        async (sent) => void (await sent.wait()),
        (error: unknown) => error,
      );
      const delivered = await erc20(token.address, executor.trader).balanceOf(modelAddress);
      await start.restore();

      const { flash, operator, treasury, address } = executor;
      await setTokenBalance(chain(), token.address, operator.address, amount);
      await erc20(token.address, operator).approve(address, amount);
      const before = await erc20(token.address, operator).balanceOf(treasury);
      await networkHelpers.time.setNextBlockTimestamp(second);
      const id = toBeHex(seed, 32);
      const executing = flash.execute(
        ...[id, loanOf("operator", token.address, amount), legs.map(({ hop }) => hop), 0n, farDeadline],
      );
      if (failure !== undefined) {
        counts.failed += 1;
        await expect(executing, label).to.be.revert(chain().ethers);
      } else if (delivered <= amount) {
        counts.lost += 1;
        await expect(executing, label)
          .to.be.revertedWithCustomError(flash, "InsufficientProfit")
          .withArgs(delivered - amount, 0n);
      } else {
        counts.earned += 1;
        await (await executing).wait();
        const gained = (await erc20(token.address, operator).balanceOf(treasury)) - before;
        expect(gained, label).to.equal(delivered - amount);
        expect(await erc20(token.address, operator).balanceOf(operator.address), label).to.equal(amount);
        expect(await residue(chain(), executor, legs), label).to.deep.equal([]);
      }
      await drawn.restore();
    }
    if (!isFork) {
      expect(counts.earned, JSON.stringify(counts)).to.be.greaterThan(routes / 6);
      expect(counts.lost, JSON.stringify(counts)).to.be.greaterThan(routes / 6);
    }
    process.stdout.write(`      ${counts.earned} earned, ${counts.lost} lost, ${counts.failed} were refused\n`);
  });
});
