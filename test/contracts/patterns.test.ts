import { expect } from "chai";
import { AbiCoder, Contract, concat, dataSlice, Interface, ZeroAddress, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf, venueNames } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import {
  addCounterLiquidity,
  asksForLessThan,
  counterLeg,
  executeRoute,
  farDeadline,
  type Leg,
  legThrough,
  loanOf,
  marketOf,
  openSpread,
  quoteNow,
  residue,
} from "../support/routes.ts";

const weth = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;
/** How WOOFi names ether. */
const ether = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const amount = 10n ** 17n;
const coder = AbiCoder.defaultAbiCoder();

/** Gives the operator `amount` WETH and the counter pair depth at the price that `venue` quotes. */
async function prepare(connection: Parameters<typeof deployExecutor>[0], venue: "woofi" | "algebra") {
  const executor = await deployExecutor(connection);
  await setTokenBalance(connection, weth, executor.operator.address, amount);
  await erc20(weth, executor.operator).approve(executor.address, amount);
  const market = await marketOf(connection, venue, [weth, usdc]);
  const quote = await quoteNow(connection, market, weth, usdc, amount);
  if (isRefusal(quote)) throw new Error(`${venue} gives no price: ${quote.detail}`);
  await addCounterLiquidity(connection, executor, [weth, amount * 1_000n], [usdc, quote * 1_000n]);
  return { executor, market, quote };
}

describe("FlashArbitrage swaps ether through WOOFi", () => {
  const chain = useArbitrum();
  const native = (leg: Leg, nativeIn: boolean, nativeOut: boolean): Leg => ({
    ...leg,
    hop: { ...leg.hop, data: coder.encode(["bool", "bool"], [nativeIn, nativeOut]) },
  });

  const routerEvents = new Interface([
    "event WooRouterSwap(uint8 swapType, address indexed fromToken, address indexed toToken, uint256 fromAmount, uint256 toAmount, address from, address indexed to, address rebateTo)",
  ]);

  /** What WOOFi's router says of its swap in a transaction: the tokens, of which ether has a name, and who gets a rebate. */
  async function swapOf(hash: string) {
    const receipt = await chain().ethers.provider.getTransactionReceipt(hash);
    const event = receipt?.logs.map((log) => routerEvents.parseLog(log)).find((parsed) => parsed !== null);
    return [event?.args.fromToken, event?.args.toToken, event?.args.rebateTo];
  }

  it("for a token, unwrapping what it spends", async () => {
    const { executor, market } = await prepare(chain(), "woofi");
    const legs = [native(legThrough(market, weth, usdc), true, false), counterLeg(usdc, weth)];
    const loan = loanOf("operator", weth, amount);
    await openSpread(chain(), executor, loan, legs, { tokenIn: weth, tokenOut: usdc, amountIn: amount });
    const { profit, gained, hash } = await executeRoute(executor, loan, legs);
    expect(gained).to.equal(profit);
    expect(await swapOf(hash)).to.deep.equal([ether, usdc, ZeroAddress]);
    expect(await residue(chain(), executor, legs)).to.deep.equal([]);
  });

  it("from a token, wrapping what it receives", async () => {
    const { executor, market, quote } = await prepare(chain(), "woofi");
    const legs = [counterLeg(weth, usdc), native(legThrough(market, usdc, weth), false, true)];
    const loan = loanOf("operator", weth, amount);
    await openSpread(chain(), executor, loan, legs, { tokenIn: usdc, tokenOut: weth, amountIn: quote });
    await chain().networkHelpers.setBalance(executor.address, 5n);
    const { profit, gained, hash } = await executeRoute(executor, loan, legs);
    expect(gained).to.equal(profit);
    expect(await swapOf(hash)).to.deep.equal([usdc, ether, ZeroAddress]);
    expect(await residue(chain(), executor, legs), "what was there before").to.deep.equal(["5 wei"]);
  });

  it("but calls nothing ether that is not WETH, on either side", async () => {
    const { executor, market } = await prepare(chain(), "woofi");
    const { flash } = executor;
    const woofi = venueNames.indexOf("woofi");
    for (const [nativeIn, nativeOut, index] of [
      [false, true, 0],
      [true, false, 1],
    ] as const) {
      const legs = [legThrough(market, weth, usdc), legThrough(market, usdc, weth)].map((leg, position) =>
        position === index ? native(leg, nativeIn, nativeOut) : leg,
      );
      const hops = legs.map(({ hop }) => hop);
      await expect(flash.execute(ZeroHash, loanOf("operator", weth, amount), hops, 1n, farDeadline))
        .to.be.revertedWithCustomError(flash, "InvalidHopData")
        .withArgs(index, woofi);
    }
  });
});

describe("FlashArbitrage swaps through a pool of Uniswap V3", () => {
  const chain = useArbitrum();

  it("but not more than the pool has a price for: it asks for less, and is not paid", async () => {
    const { flash, address, operator } = await deployExecutor(chain());
    const market = await marketOf(chain(), "uniswapV3", [weth, usdc]);
    const excessive = 2n ** 127n;
    await setTokenBalance(chain(), weth, operator.address, excessive);
    await erc20(weth, operator).approve(address, excessive);
    const hops = [legThrough(market, weth, usdc), counterLeg(usdc, weth)].map(({ hop }) => hop);
    await expect(flash.execute(ZeroHash, loanOf("operator", weth, excessive), hops, 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "HopFailed")
      .withArgs(0n, venueNames.indexOf("uniswapV3"), asksForLessThan(excessive));
  });

  it("but not through a pool of another token, whose output is not the hop's", async () => {
    const { flash, address, operator } = await deployExecutor(chain());
    await setTokenBalance(chain(), weth, operator.address, amount);
    await erc20(weth, operator).approve(address, amount);
    const { pool } = await marketOf(chain(), "uniswapV3", [weth, usdc]);
    const dai = tokenOf(arbitrum, "DAI").address;
    // WETH sorts before both, so that the pool takes it.
    const hops = [
      { venue: venueNames.indexOf("uniswapV3"), target: pool.address, tokenOut: dai, amountIn: 0n, data: "0x" },
      counterLeg(dai, weth).hop,
    ];
    await expect(flash.execute(ZeroHash, loanOf("operator", weth, amount), hops, 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "TransferShort")
      .withArgs(dai, 0n, (paid: bigint) => paid > 0n);
  });
});

describe("FlashArbitrage swaps through DODO's externalSwap", () => {
  const chain = useArbitrum();
  const [dodo] = deploymentsOf(arbitrum, "dodo");
  const [solidly] = deploymentsOf(arbitrum, "solidly");
  if (!dodo || !solidly) throw new Error("The chain file lists no DODO or no Solidly deployment.");
  const proxyAbi = [
    "function owner() view returns (address)",
    "function addWhiteList(address contractAddr)",
    "function addApproveWhiteList(address contractAddr)",
    "function externalSwap(address fromToken, address toToken, address approveTarget, address swapTarget, uint256 fromTokenAmount, uint256 minReturnAmount, bytes feeData, bytes callDataConcat, uint256 deadLine) payable returns (uint256)",
  ];
  const routerAbi = new Interface([
    "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, (address from, address to, bool stable)[] routes, address to, uint256 deadline)",
  ]);
  /** WETH to USDC through the proxy and the counter pair; the inner call spends `spent` of the hop's input. */
  const externalSwap = (spent: bigint, targets: readonly string[] = [solidly.router, solidly.router]): Leg => {
    const route = [{ from: weth, to: usdc, stable: false }];
    const inner = routerAbi.encodeFunctionData("swapExactTokensForTokens", [
      ...[spent, 0n, route, dodo?.routeProxy, farDeadline],
    ]);
    const feeData = coder.encode(["address", "uint256"], [ZeroAddress, 0n]);
    const selector = new Interface(proxyAbi).getFunction("externalSwap")?.selector ?? "0x";
    const data = concat([
      selector,
      coder.encode(["address", "address", "bytes", "bytes"], [...targets, feeData, inner]),
    ]);
    return {
      hop: { venue: venueNames.indexOf("dodo"), target: dodo?.routeProxy ?? "", tokenOut: usdc, amountIn: 0n, data },
      tokenIn: weth,
      tokenOut: usdc,
      spender: dodo?.approve ?? "",
    };
  };

  let executor: Executor;
  let legs: readonly Leg[];

  before(async () => {
    const prepared = await prepare(chain(), "algebra");
    executor = prepared.executor;
    // The router of the counter pair becomes a swap target of the proxy, by the word of the proxy's owner.
    const { ethers, networkHelpers } = chain();
    const owner: string = await new Contract(dodo.routeProxy, proxyAbi, ethers.provider).getFunction("owner")();
    await networkHelpers.impersonateAccount(owner);
    await networkHelpers.setBalance(owner, 10n ** 18n);
    const proxy = new Contract(dodo.routeProxy, proxyAbi, await ethers.getSigner(owner));
    await proxy.getFunction("addWhiteList")(solidly.router);
    await proxy.getFunction("addApproveWhiteList")(solidly.router);

    legs = [externalSwap(amount), legThrough(prepared.market, usdc, weth)];
    const sale = { tokenIn: usdc, tokenOut: weth, amountIn: prepared.quote };
    await openSpread(chain(), executor, loanOf("operator", weth, amount), legs, sale);
  });

  it("with the nine parameters of its fee route proxy", async () => {
    const { profit, gained } = await executeRoute(executor, loanOf("operator", weth, amount), legs);
    expect(gained).to.equal(profit);
    expect(await residue(chain(), executor, legs)).to.deep.equal([]);
  });

  for (const [place, text] of [
    ["swap target", "DODORouteProxy: Not Whitelist Contract"],
    ["approve target", "DODORouteProxy: Not Whitelist Appprove Contract"],
  ] as const) {
    it(`and shows the proxy's reason when the ${place} is not on its list`, async () => {
      const { flash } = executor;
      const targets = place === "swap target" ? [solidly.router, weth] : [weth, solidly.router];
      const hops = [externalSwap(amount, targets), ...legs.slice(1)].map(({ hop }) => hop);
      const reason = new Interface(["error Error(string)"]).encodeErrorResult("Error", [text]);
      await expect(flash.execute(ZeroHash, loanOf("operator", weth, amount), hops, 1n, farDeadline))
        .to.be.revertedWithCustomError(flash, "HopFailed")
        .withArgs(0, venueNames.indexOf("dodo"), reason);
    });
  }

  it("calling the proxy with data that holds the heads of the arguments, and not with a byte less", async () => {
    const { flash } = executor;
    const mixSwap = legThrough(await marketOf(chain(), "dodo", [weth, usdc]), weth, usdc);
    const loan = loanOf("operator", weth, amount);
    for (const [leg, words] of [
      [externalSwap(amount), 4],
      [mixSwap, 6],
    ] as const) {
      const execute = (bytes: number) => {
        const data = dataSlice(String(leg.hop.data), 0, bytes);
        const hops = [{ ...leg.hop, data }, ...legs.slice(1).map(({ hop }) => hop)];
        return flash.execute(ZeroHash, loan, hops, 1n, farDeadline);
      };
      const heads = 4 + words * 32;
      await expect(execute(heads)).to.be.revertedWithCustomError(flash, "HopFailed");
      await expect(execute(heads - 1))
        .to.be.revertedWithCustomError(flash, "InvalidHopData")
        .withArgs(0, leg.hop.venue);
    }
  });

  it("but not through a function of its newer generation, whose selector the contract does not know", async () => {
    const { flash } = executor;
    const [leg] = legs;
    if (!leg) throw new Error("The route has two legs.");
    const hops = [
      { ...leg.hop, data: `0x2fa11647${String(leg.hop.data).slice(10)}` },
      ...legs.slice(1).map((l) => l.hop),
    ];
    await expect(flash.execute(ZeroHash, loanOf("operator", weth, amount), hops, 1n, farDeadline))
      .to.be.revertedWithCustomError(flash, "InvalidHopData")
      .withArgs(0, leg.hop.venue);
  });
});
