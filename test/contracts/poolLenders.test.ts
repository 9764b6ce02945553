import { expect } from "chai";
import { Interface, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { lenderNames, tokenOf, type VenueName } from "../../bot/config/chains/chain.ts";
import { type LoanOffer, loanFee } from "../../bot/domain/lender.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import type { Pool } from "../../bot/venues/venue.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import {
  executeRoute,
  farDeadline,
  type Leg,
  legThrough,
  loanOf,
  type Market,
  marketOf,
  marketsOf,
  offersNow,
  poolLoanOf,
  profitableLoop,
  residue,
  sellIntoCounter,
} from "../support/routes.ts";

const weth = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;
const amount = 10n ** 17n;

/** Every kind of pool that lends: its callback has a name of its own, or its fee a rule of its own. */
const kinds: readonly { readonly name: string; readonly venue: VenueName; readonly is: (pool: Pool) => boolean }[] = [
  { name: "a pool of Uniswap V3", venue: "uniswapV3", is: ({ deployment }) => deployment === "Uniswap V3" },
  { name: "a pool of PancakeSwap V3", venue: "uniswapV3", is: ({ deployment }) => deployment === "PancakeSwap V3" },
  { name: "a pool of Algebra 1", venue: "algebra", is: ({ deployment }) => deployment === "Zyberswap V3" },
  { name: "a pool of Algebra 2", venue: "algebra", is: ({ deployment }) => deployment === "Camelot V3" },
  { name: "a pair of Uniswap V2", venue: "uniswapV2", is: ({ deployment }) => deployment === "SushiSwap V2" },
  { name: "a pair with 0.25 %", venue: "uniswapV2", is: ({ deployment }) => deployment === "PancakeSwap V2" },
  { name: "a pair of Solidly", venue: "solidly", is: ({ deployment }) => deployment === "Ramses V1" },
  { name: "a pair of Camelot V2", venue: "solidly", is: ({ deployment }) => deployment === "Camelot V2" },
  { name: "a vending machine of DODO", venue: "dodo", is: (pool) => "variant" in pool && pool.variant === "dvm" },
  { name: "a private pool of DODO", venue: "dodo", is: (pool) => "variant" in pool && pool.variant === "dpp" },
  { name: "a stable pool of DODO", venue: "dodo", is: (pool) => "variant" in pool && pool.variant === "dsp" },
];

/** A loan and the route that it finances. */
interface Borrowed {
  readonly token: string;
  readonly amount: bigint;
  readonly legs: readonly Leg[];
}

/** The text in revert data, as far as there is one. */
const toText = (data: string) => Buffer.from(data.slice(2), "hex").toString("latin1");

describe("FlashArbitrage borrows by flash", () => {
  const chain = useArbitrum();
  let executor: Executor;
  /** A route that earns, through Zyberswap V3 and a pair of Ramses V1: what it is given, and its hops. */
  let routes: readonly Borrowed[];
  let own: readonly string[];

  before(async () => {
    executor = await deployExecutor(chain());
    const market = await marketOf(chain(), "algebra", [weth, usdc]);
    await setTokenBalance(chain(), weth, executor.operator.address, amount);
    await erc20(weth, executor.operator).approve(executor.address, amount);
    const loop = await profitableLoop(chain(), executor, market, [weth, usdc], loanOf("operator", weth, amount));
    if (isRefusal(loop)) throw new Error(loop.detail);
    // Well beyond break-even, so that every fee is covered.
    await sellIntoCounter(chain(), executor, { tokenIn: weth, tokenOut: usdc, amountIn: amount * 30n });
    const [toUsdc, toWeth] = loop;
    if (!toUsdc || !toWeth) throw new Error("The route has two legs.");
    routes = [
      { token: weth, amount, legs: [toUsdc, toWeth] },
      { token: usdc, amount: 100_000_000n, legs: [toWeth, toUsdc] },
    ];
    const pairs = (await marketsOf(chain(), "solidly")).filter(
      ({ pool }) => pool.deployment === "Ramses V1" && [weth, usdc].every((token) => pool.tokens.includes(token)),
    );
    own = [market.pool.address, ...pairs.map(({ pool }) => pool.address)];
  });

  /** The deepest offer of a kind in a token that the route can begin with, by a pool that it does not pass. */
  async function loanOfKind({
    venue,
    is,
  }: (typeof kinds)[number]): Promise<(Borrowed & { offer: LoanOffer }) | undefined> {
    const markets = (await marketsOf(chain(), venue)).filter(({ pool }) => is(pool) && !own.includes(pool.address));
    const offers = (await Promise.all(markets.map((market) => offersNow(chain(), market)))).flat();
    return routes
      .flatMap((route) =>
        offers
          .filter(({ token, available }) => token === route.token && available >= route.amount)
          .sort((a, b) => (a.available < b.available ? 1 : -1))
          .map((offer) => ({ ...route, offer })),
      )
      .at(0);
  }

  for (const kind of kinds) {
    it(`from ${kind.name}, repays exactly what it asks for, and sends the rest to the treasury`, async function () {
      const loan = await loanOfKind(kind);
      if (loan?.offer.source === undefined) {
        process.stdout.write(`      skipped: ${kind.name} that can lend enough is not on this block\n`);
        this.skip();
      }
      const { offer, amount, legs, token } = loan;
      const fee = loanFee(offer, amount);
      const executed = await executeRoute(executor, poolLoanOf(offer, amount), legs);
      expect(executed.lender).to.equal(BigInt(lenderNames.indexOf(offer.lender)));
      expect(executed.token).to.equal(token);
      expect(executed.amount).to.equal(amount);
      expect(executed.fee, "the fee of the event").to.equal(fee);
      expect(executed.gained, "the treasury's gain").to.equal(executed.profit);
      expect(await paid(token, executed.hash, offer.source?.address), "what the pool was paid").to.equal(amount + fee);
      expect(await residue(chain(), executor, legs)).to.deep.equal([]);
    });
  }

  /** What the contract sent of a token to an account in a transaction. */
  async function paid(token: string, hash: string, to: string | undefined): Promise<bigint> {
    const erc20Events = new Interface(["event Transfer(address indexed from, address indexed to, uint256 value)"]);
    const receipt = await chain().ethers.provider.getTransactionReceipt(hash);
    const transfers = (receipt?.logs ?? []).flatMap((log) => {
      const event = log.address === token ? erc20Events.parseLog(log) : null;
      return event?.name === "Transfer" ? [event.args] : [];
    });
    return transfers
      .filter(([from, receiver]) => from === executor.address && receiver === to)
      .reduce((sum, [, , value]) => sum + BigInt(value), 0n);
  }

  for (const kind of kinds.filter(({ venue }) => venue === "uniswapV2" || venue === "solidly")) {
    it(`from ${kind.name}, which refuses a fee that is one unit too small`, async function () {
      const borrowed = await loanOfKind(kind);
      if (borrowed === undefined) this.skip();
      const { flash } = executor;
      const hops = borrowed.legs.map(({ hop }) => hop);
      const loan = poolLoanOf(borrowed.offer, borrowed.amount);
      await flash.execute.staticCall(ZeroHash, loan, hops, 1n, farDeadline);
      const short = flash.execute.staticCall(ZeroHash, { ...loan, fee: BigInt(loan.fee) - 1n }, hops, 1n, farDeadline);
      await expect(short).to.be.revertedWith(/K$/);
    });
  }

  it("from no pair whose whole reserve it asks for", async () => {
    for (const kind of kinds.filter(({ venue }) => venue === "uniswapV2" || venue === "solidly")) {
      const borrowed = await loanOfKind(kind);
      if (borrowed === undefined) continue;
      const { flash } = executor;
      const hops = borrowed.legs.map(({ hop }) => hop);
      const loan = poolLoanOf(borrowed.offer, borrowed.offer.available + 1n);
      await expect(flash.execute.staticCall(ZeroHash, loan, hops, 1n, farDeadline), kind.name).to.be.revertedWith(
        /(IL|INSUFFICIENT_LIQUIDITY)$/,
      );
    }
  });

  /** What leads back from USDC to WETH. */
  const backHops = () => (routes[0]?.legs ?? []).slice(1).map(({ hop }) => hop);

  it("and says that the pool is locked where a hop calls it", async () => {
    const { flash } = executor;
    const market = await marketOf(chain(), "uniswapV3", [weth, usdc]);
    const offer = (await offersNow(chain(), market)).find(({ token }) => token === weth);
    if (offer === undefined) throw new Error("The pool lends no WETH.");
    const hops = [legThrough(market, weth, usdc).hop, ...backHops()];
    await expect(flash.execute(ZeroHash, poolLoanOf(offer, amount), hops, 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "LenderLocksHop")
      .withArgs(lenderNames.indexOf("concentratedFlash"), 0);
  });

  it("and passes on the pool's own refusal where a router leads a hop to it", async () => {
    for (const [venue, reason] of [
      // The selector of locked().
      ["algebra", /^0xcf309012/],
      ["uniswapV2", /LOCKED/],
      ["dodo", /REENTRANT/],
    ] as const) {
      const market = await marketOf(chain(), venue, [weth, usdc]);
      const offer = await lendingOf(market);
      if (offer === undefined) continue;
      const { flash } = executor;
      const hops = [legThrough(market, weth, usdc).hop, ...backHops()];
      await expect(flash.execute(ZeroHash, poolLoanOf(offer, amount), hops, 1n, farDeadline), venue)
        .to.be.revertedWithCustomError(flash, "HopFailed")
        .withArgs(0, hops[0]?.venue, (data: string) => reason.test(data + toText(data)));
    }
  });

  async function lendingOf(market: Market): Promise<LoanOffer | undefined> {
    return (await offersNow(chain(), market)).find(({ token, available }) => token === weth && available >= amount);
  }

  it("nothing for a stranger who names the contract as receiver of a flash", async () => {
    const { flash, address, stranger } = executor;
    const { ethers } = chain();
    const pairs = await marketsOf(chain(), "uniswapV2");
    const pair = pairs.find(({ pool }) => pool.tokens.includes(weth));
    if (pair === undefined) throw new Error("No pair of Uniswap V2 trades WETH.");
    const outs = pair.pool.tokens[0] === weth ? [1n, 0n] : [0n, 1n];
    const abi = ["function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes data)"];
    const contract = new ethers.Contract(pair.pool.address, abi, stranger);
    await expect(contract.getFunction("swap")(...outs, address, "0x01"))
      .to.be.revertedWithCustomError(flash, "UnannouncedCallback")
      .withArgs(pair.pool.address);
    const dodo = (await marketsOf(chain(), "dodo")).find(({ pool }) => "variant" in pool && pool.variant === "dvm");
    if (dodo === undefined) throw new Error("No vending machine of DODO is on this chain.");
    const loans = ["function flashLoan(uint256 baseAmount, uint256 quoteAmount, address assetTo, bytes data)"];
    const machine = new ethers.Contract(dodo.pool.address, loans, stranger);
    await expect(machine.getFunction("flashLoan")(1n, 0n, address, "0x01"))
      .to.be.revertedWithCustomError(flash, "UnannouncedCallback")
      .withArgs(dodo.pool.address);
  });
});
