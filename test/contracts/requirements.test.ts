import { expect } from "chai";
import { dataLength, toBeHex, ZeroAddress, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { lenderNames, tokenOf, venueNames } from "../../bot/config/chains/chain.ts";
import { askedLenderNames } from "../../bot/lenders/registry.ts";
import type { HopStruct, LoanStruct } from "../../types/contracts/interfaces/IFlashArbitrage.js";
import { FlashArbitrage__factory } from "../../types/index.js";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor, protocols } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";

const weth = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;
const target = "0x00000000000000000000000000000000000000A1";
const farDeadline = 2n ** 64n;

/** More than any lender has: a contract that borrows before it checks would show the lender's error, not its own. */
const unborrowable = 2n ** 200n;

const loan = (overrides: Partial<LoanStruct> = {}): LoanStruct => ({
  lender: lenderNames.indexOf("aaveV3"),
  source: ZeroAddress,
  token: weth,
  amount: unborrowable,
  fee: 0n,
  ...overrides,
});
const hop = (tokenOut: string, overrides: Partial<HopStruct> = {}): HopStruct => ({
  venue: venueNames.indexOf("algebra"),
  target,
  tokenOut,
  amountIn: 0n,
  data: "0x",
  ...overrides,
});
const closedRoute = [hop(usdc), hop(weth)];

describe("FlashArbitrage checks, before it borrows, that", () => {
  const chain = useArbitrum();
  let executor: Executor;

  before(async () => {
    executor = await deployExecutor(chain());
  });

  const execute = (loanIn: LoanStruct, hops: HopStruct[], deadline = farDeadline) =>
    executor.flash.execute(ZeroHash, loanIn, hops, 0n, deadline);

  it("the deadline has not passed", async () => {
    const now = BigInt(await chain().networkHelpers.time.latest()) + 10n;
    await chain().networkHelpers.time.setNextBlockTimestamp(now);
    await expect(execute(loan(), closedRoute, now - 1n))
      .to.be.revertedWithCustomError(executor.flash, "DeadlinePassed")
      .withArgs(now - 1n, now);
  });

  it("the deadline's own second is still in time", async () => {
    const now = BigInt(await chain().networkHelpers.time.latest()) + 10n;
    await chain().networkHelpers.time.setNextBlockTimestamp(now);
    await expect(execute(loan({ amount: 0n }), closedRoute, now)).to.be.revertedWithCustomError(
      executor.flash,
      "ZeroAmount",
    );
  });

  it("the amount is not zero", async () => {
    await expect(execute(loan({ amount: 0n }), closedRoute)).to.be.revertedWithCustomError(
      executor.flash,
      "ZeroAmount",
    );
  });

  it("the lender is known", async () => {
    await expect(execute(loan({ lender: lenderNames.length }), closedRoute))
      .to.be.revertedWithCustomError(executor.flash, "UnknownLender")
      .withArgs(lenderNames.length);
  });

  it("a lender that is no pool is named by its number alone, and says its fee itself", async () => {
    for (const lender of askedLenderNames.map((name) => lenderNames.indexOf(name))) {
      await expect(execute(loan({ lender, source: target }), closedRoute))
        .to.be.revertedWithCustomError(executor.flash, "InvalidLoan")
        .withArgs(lender, target, 0n);
      await expect(execute(loan({ lender, fee: 1n }), closedRoute))
        .to.be.revertedWithCustomError(executor.flash, "InvalidLoan")
        .withArgs(lender, ZeroAddress, 1n);
    }
  });

  it("a lender that is a pool is named by its address, and says its fee itself unless it is a pair", async () => {
    const pool = "0x00000000000000000000000000000000000000A2";
    for (const name of ["concentratedFlash", "pairFlash", "dodoFlash"] as const) {
      const lender = lenderNames.indexOf(name);
      await expect(execute(loan({ lender }), closedRoute))
        .to.be.revertedWithCustomError(executor.flash, "InvalidLoan")
        .withArgs(lender, ZeroAddress, 0n);
      if (name === "pairFlash") continue;
      await expect(execute(loan({ lender, source: pool, fee: 1n }), closedRoute))
        .to.be.revertedWithCustomError(executor.flash, "InvalidLoan")
        .withArgs(lender, pool, 1n);
    }
  });

  it("a pool finances no hop that calls it", async () => {
    for (const name of ["concentratedFlash", "pairFlash", "dodoFlash"] as const) {
      const lender = lenderNames.indexOf(name);
      const own = hop(weth, { target: "0x00000000000000000000000000000000000000A2" });
      await expect(execute(loan({ lender, source: own.target }), [hop(usdc), own]))
        .to.be.revertedWithCustomError(executor.flash, "LenderLocksHop")
        .withArgs(lender, 1);
    }
  });

  it("a hop is no pool that lends because neither has an address", async () => {
    await expect(execute(loan(), [hop(usdc), hop(weth, { target: ZeroAddress })])).not.to.be.revertedWithCustomError(
      executor.flash,
      "LenderLocksHop",
    );
  });

  it("the route is not empty", async () => {
    await expect(execute(loan(), [])).to.be.revertedWithCustomError(executor.flash, "EmptyRoute");
  });

  it("the route ends in the token that it borrows", async () => {
    await expect(execute(loan(), [hop(usdc)]))
      .to.be.revertedWithCustomError(executor.flash, "OpenRoute")
      .withArgs(weth, usdc);
  });

  it("every venue is known", async () => {
    await expect(execute(loan(), [hop(usdc), hop(weth, { venue: venueNames.length })]))
      .to.be.revertedWithCustomError(executor.flash, "UnknownVenue")
      .withArgs(1, venueNames.length);
  });

  it("no hop swaps a token into itself", async () => {
    await expect(execute(loan(), [hop(usdc), hop(usdc), hop(weth)]))
      .to.be.revertedWithCustomError(executor.flash, "SameToken")
      .withArgs(1, usdc);
  });

  it("a hop that takes a share of its input is not the last one", async () => {
    await expect(execute(loan(), [hop(usdc), hop(weth, { amountIn: 1n })]))
      .to.be.revertedWithCustomError(executor.flash, "SplitUnfinished")
      .withArgs(1);
  });

  it("behind a hop that takes a share of its input, a hop with the same output takes the rest", async () => {
    const shared = hop(usdc, { amountIn: 1n });
    await expect(execute(loan(), [shared, shared, hop(weth)]))
      .to.be.revertedWithCustomError(executor.flash, "SplitUnfinished")
      .withArgs(1);
  });

  it("no hop is encoded in front of the list of hops, where a lender's callback has other bytes", async () => {
    const { flash, operator, address } = executor;
    // A hop that is not there reads as zeros, which any hop may follow.
    const hops = [hop(usdc), hop(weth)];
    const encode = (list: HopStruct[]) =>
      flash.interface.encodeFunctionData("execute", [ZeroHash, loan(), list, 0n, farDeadline]);
    const encoded = encode(hops);
    // The list's head: its length, and where each hop begins, counted from behind the length.
    const offsetOfFirst = encode([]).length;
    const beginning = BigInt(dataLength(encode([])));
    // In front of the list, and in front of all calldata: a sum of addresses goes round.
    for (const distance of [64n, beginning + 128n, 2n ** 255n]) {
      const offset = toBeHex(2n ** 256n - distance, 32).slice(2);
      const data = `${encoded.slice(0, offsetOfFirst)}${offset}${encoded.slice(offsetOfFirst + 64)}`;
      expect(data.length).to.equal(encoded.length);
      await expect(operator.sendTransaction({ to: address, data }), `${distance} bytes before`)
        .to.be.revertedWithCustomError(flash, "MisplacedHop")
        .withArgs(0);
    }
  });

  it("a Balancer V2 loan finances no Balancer hop", async () => {
    const balancer = venueNames.indexOf("balancer");
    const lender = lenderNames.indexOf("balancerV2");
    await expect(execute(loan({ lender }), [hop(usdc), hop(weth, { venue: balancer })]))
      .to.be.revertedWithCustomError(executor.flash, "LenderLocksHop")
      .withArgs(lender, 1);
  });

  it("the lender exists on the chain", async () => {
    const { owner, treasury, operator } = executor;
    const without = { ...protocols, aaveV3: ZeroAddress };
    const factory = new FlashArbitrage__factory(owner);
    const flash = await factory.deploy(owner, treasury, ZeroAddress, [operator], [], without);
    await expect(flash.connect(operator).execute(ZeroHash, loan(), closedRoute, 0n, farDeadline))
      .to.be.revertedWithCustomError(flash, "LenderUnavailable")
      .withArgs(lenderNames.indexOf("aaveV3"));
  });
});

describe("FlashArbitrage refuses hop data that", () => {
  const chain = useArbitrum();

  for (const [venue, data] of [
    ["solidly", `0x${"00".repeat(31)}`],
    ["algebra", "0x00"],
    ["woofi", `0x${"00".repeat(32)}`],
    ["dodo", "0x7617b389"],
    // A sale with something behind it that is no limit.
    ["dodo", "0xbd6015b400"],
    // As long as a sale with a limit.
    ["dodo", `0x7617b389${"11".repeat(20)}`],
    ["balancer", `0x${"00".repeat(31)}`],
    // Two pools in a row with a limit.
    ["balancer", `0x${"11".repeat(104)}`],
    ["uniswapV2", "0x00"],
    ["uniswapV3", "0x00"],
  ] as const) {
    it(`${venue} does not take at ${dataLength(data)} bytes, naming the hop and the venue`, async () => {
      const { flash, address, operator } = await deployExecutor(chain());
      await setTokenBalance(chain(), weth, operator.address, 1n);
      await erc20(weth, operator).approve(address, 1n);
      const number = venueNames.indexOf(venue);
      const hops = [hop(usdc, { venue: number, data }), hop(weth)];
      await expect(
        flash.execute(ZeroHash, loan({ lender: lenderNames.indexOf("operator"), amount: 1n }), hops, 0n, farDeadline),
      )
        .to.be.revertedWithCustomError(flash, "InvalidHopData")
        .withArgs(0, number);
    });
  }
});
