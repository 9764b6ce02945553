import { expect } from "chai";
import { Contract, MaxUint256, Transaction, Wallet } from "ethers";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, tokenOf } from "../../../bot/config/chains/chain.ts";
import { isNoTrade, type NoTrade, noTrade } from "../../../bot/domain/noTrade.ts";
import { isRefusal } from "../../../bot/domain/quote.ts";
import { type Ledger, openLedger } from "../../../bot/ledger/ledger.ts";
import { curvesOf } from "../../../bot/pipeline/search.ts";
import { createSenderChain } from "../../../bot/rpc/senderChain.ts";
import { ownKey } from "../../../bot/sender/lock.ts";
import { createSender, type Sender } from "../../../bot/sender/sender.ts";
import { plainSubmit, type Submit } from "../../../bot/sender/submission/submission.ts";
import { venues } from "../../../bot/venues/registry.ts";
import { uniswapV2 } from "../../../bot/venues/uniswapV2.ts";
import { ether } from "../../../bot/wallet/asset.ts";
import { conversionCall, convertingExchanges, routerOf } from "../../../bot/wallet/conversionCalls.ts";
import { conversionQuotes } from "../../../bot/wallet/conversionQuotes.ts";
import {
  type ConvertContext,
  type Converter,
  createConverter,
  pendingConversions,
} from "../../../bot/wallet/convert.ts";
import type { Conversion, QuoteConversion } from "../../../bot/wallet/plan.ts";
import { startPriceE8, unitsWorth } from "../../../localnet/market.ts";
import { isFork, useArbitrum } from "../../support/arbitrum.ts";
import { erc20 } from "../../support/erc20.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { readerAt } from "../../support/reader.ts";

const [weth, usdc, usdt] = [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC"), tokenOf(arbitrum, "USDT")];
const pricesE8 = new Map(arbitrum.tokens.map(({ address }) => [address, startPriceE8(address)]));
const oneEther = 10n ** 18n;

describe("wallet: conversions on the chain under test", () => {
  const getConnection = useArbitrum();
  const wallet = Wallet.createRandom();
  let ledger: Ledger;
  let sender: Sender;
  let converter: Converter;
  let quote: QuoteConversion;
  let context: ConvertContext;
  /** What stands between the sender and the node. */
  let submit: Submit;
  let refusal: NoTrade | undefined;
  let hashes: string[];

  beforeEach(async () => {
    const { ethers, networkHelpers } = getConnection();
    await networkHelpers.setBalance(wallet.address, oneEther);
    for (const token of [usdc, usdt]) {
      await setTokenBalance(getConnection(), token.address, wallet.address, unitsWorth(token, 2_000n));
    }
    await setTokenBalance(getConnection(), weth.address, wallet.address, oneEther / 2n);
    submit = plainSubmit((method, params) => ethers.provider.send(method, params));
    refusal = undefined;
    hashes = [];
    ledger = openLedger(":memory:");
    await open();
    // The newest block is as old as the chain under test, and the next one as young as this test.
    await networkHelpers.mine();
    const block = await ethers.provider.getBlock("latest");
    if (block === null) throw new Error("The chain has no block.");
    quote = await quotesAt(block.number);
    context = {
      block: BigInt(block.number),
      deadlineSeconds: BigInt(block.timestamp) + 600n,
      swapGas: 500_000n,
      opportunity: undefined,
      maxConversionUsdE8: 1_000_00000000n,
      pricesE8,
    };
  });
  afterEach(() => ledger.close());

  /** Opens sender and converter on the ledger, as a restart does. */
  async function open(): Promise<void> {
    const { provider } = getConnection().ethers;
    const chain = createSenderChain(provider, (_, work) => work());
    const books = {
      book: () => {},
      bookAtWorst: () => {},
      release: () => {},
      reopen: () => {},
      raise: () => undefined,
    };
    const seen: Submit = (raw, conditions) => {
      hashes.push(Transaction.from(raw).hash ?? "");
      return submit(raw, conditions);
    };
    sender = createSender(ownKey(arbitrum.id, wallet.address), ledger, chain, seen, {
      chainId: arbitrum.id,
      privateKey: wallet.privateKey,
      tipWei: 0n,
      maxGasPriceWei: 10n ** 11n,
      baseFeeWei: () => 10n ** 9n,
      books,
      profitIn: () => undefined,
      treasuryAt: async () => undefined,
      halt: () => {},
      mayTrade: () => true,
      onEvent: () => {},
      nowMs: Date.now,
      replaceAfterMs: 0,
      maxReplacements: 3,
      confirmBlocks: 20n,
      idleMs: 0,
    });
    const run = ledger.runs.begin("live", "{}", Date.now());
    const ports = {
      sender,
      chain,
      allowanceOf: (token: Address, spender: Address) =>
        erc20(token, provider as never).allowance(wallet.address, spender),
      reserve: () => refusal ?? 1,
      nowSeconds: () => BigInt(Math.floor(Date.now() / 1_000)),
    };
    converter = createConverter(ledger, run.id, { chain: arbitrum, maxGasPriceWei: 10n ** 11n }, ports);
  }

  /** Reads the pairs of all exchanges of Uniswap V2's kind at a block. */
  async function quotesAt(block: number, exchanges = convertingExchanges(arbitrum)): Promise<QuoteConversion> {
    const reader = readerAt(getConnection(), block);
    const states = await Promise.all(
      deploymentsOf(arbitrum, "uniswapV2").map(async (deployment) => {
        const found = await uniswapV2.discover(deployment, arbitrum.tokens, reader);
        return Promise.all(
          found.map(async (pool) => ({
            pool,
            state: uniswapV2.decode(pool, await reader.read(uniswapV2.reads(pool)), 0n),
          })),
        );
      }),
    );
    const pools = states.flat().filter(({ state }) => !isRefusal(state));
    return conversionQuotes({ pools }, arbitrum, exchanges, curvesOf(venues));
  }

  async function balanceOf(asset: Address): Promise<bigint> {
    const { provider } = getConnection().ethers;
    return asset === ether
      ? provider.getBalance(wallet.address)
      : erc20(asset, provider as never).balanceOf(wallet.address);
  }

  /** A conversion with its quote, and no slippage allowed unless a test says otherwise. */
  function conversionOf(from: Address, to: Address, amountIn: bigint): Conversion {
    const quoted = quote(from, to, amountIn);
    if (quoted === undefined) throw new Error(`No venue converts ${from} to ${to}.`);
    const { amountOut, via } = quoted;
    return { from, to, amountIn, amountOut, minOut: amountOut, via, reason: "a test" };
  }

  async function settle() {
    await sender.settle(() => ({ tokenPriceE8: 1n, tokenDecimals: 6, etherPriceE8: 3_000_00000000n }));
    return converter.settle();
  }

  /** Gas of all transactions that the test has sent, in wei. */
  async function gasPaid(): Promise<bigint> {
    const receipts = await Promise.all(
      [...new Set(hashes)].map((hash) => getConnection().ethers.provider.getTransactionReceipt(hash)),
    );
    return receipts.reduce((sum, receipt) => sum + (receipt?.fee ?? 0n), 0n);
  }

  const kinds: readonly (readonly [string, Address, Address, bigint])[] = [
    ["wraps ether", ether, weth.address, oneEther / 10n],
    ["unwraps ether", weth.address, ether, oneEther / 10n],
    ["sells a token for ether", usdc.address, ether, unitsWorth(usdc, 300n)],
    ["buys a token with ether", ether, usdc.address, oneEther / 10n],
    ["sells a token for wrapped ether", usdt.address, weth.address, unitsWorth(usdt, 300n)],
    ["sells a token for another by way of wrapped ether", usdt.address, usdc.address, unitsWorth(usdt, 300n)],
  ];

  for (const [what, from, to, amountIn] of kinds) {
    it(`${what}: the balances change by what was quoted, to the wei`, async function () {
      if (isFork && quote(from, to, amountIn) === undefined) {
        process.stdout.write("      skipped: no pair on the forked block\n");
        this.skip();
      }
      const conversion = conversionOf(from, to, amountIn);
      const before = await Promise.all([from, to].map(balanceOf));
      const sent = await converter.convert(conversion, context);
      expect(isNoTrade(sent) ? sent.detail : sent.refusal).to.equal(undefined);
      expect(pendingConversions(ledger, 1n).some((one) => one.minOut === conversion.minOut)).to.equal(true);
      const settled = await settle();
      const done = settled.at(-1);
      expect(
        settled.map(({ status }) => status),
        done?.detail,
      ).to.deep.equal(settled.map(() => "done"));
      expect(done?.received, "received").to.equal(conversion.amountOut);
      expect(done?.conversion.kind).to.equal(conversion.via.kind);
      const gas = await gasPaid();
      const after = await Promise.all([from, to].map(balanceOf));
      const changes = [from, to].map((asset, index) => {
        return (after[index] ?? 0n) - (before[index] ?? 0n) + (asset === ether ? gas : 0n);
      });
      expect(changes).to.deep.equal([-amountIn, conversion.amountOut]);
      expect(ledger.conversions.pending()).to.deep.equal([]);
      if (conversion.via.kind === "swap" && from !== ether) {
        const spender = routerOf(arbitrum, conversion.via.deployment);
        const allowance = await erc20(from, getConnection().ethers.provider as never).allowance(
          wallet.address,
          spender,
        );
        expect(allowance, "nothing is left of the approval").to.equal(0n);
      }
    });
  }

  it("quotes SushiSwap V2 as its router does, and takes the best of the exchanges", async () => {
    const amountIn = unitsWorth(usdc, 250n);
    const abi = ["function getAmountsOut(uint256 amountIn, address[] path) view returns (uint256[])"];
    let [best, sushiswapOut] = [0n, 0n];
    for (const { router, name } of deploymentsOf(arbitrum, "uniswapV2")) {
      const amounts: bigint[] = await new Contract(router, abi, getConnection().ethers.provider)
        .getFunction("getAmountsOut")(amountIn, [usdc.address, weth.address])
        .catch(() => []);
      const out = amounts.at(-1) ?? 0n;
      if (out > best) best = out;
      if (name === "SushiSwap V2") sushiswapOut = out;
    }
    const alone = await quotesAt(await getConnection().ethers.provider.getBlockNumber(), ["SushiSwap V2"]);
    expect(alone(usdc.address, ether, amountIn)?.amountOut ?? 0n).to.equal(sushiswapOut);
    if (!isFork) expect(sushiswapOut > 0n).to.equal(true);
    expect(quote(usdc.address, ether, amountIn)?.amountOut ?? 0n).to.equal(best);
  });

  it("calls a swap that reverts failed, and a later one is made all the same", async () => {
    const conversion = conversionOf(usdc.address, ether, unitsWorth(usdc, 300n));
    const before = await balanceOf(usdc.address);
    // The approval is on its way, so that the swap is sent without being tried: it asks for more than it gets.
    const sent = await converter.convert({ ...conversion, minOut: conversion.amountOut + 1n }, context);
    expect(isNoTrade(sent)).to.equal(false);
    const settled = await settle();
    expect(settled.map(({ conversion: { kind }, status }) => [kind, status])).to.deep.equal([
      ["approve", "done"],
      ["swap", "failed"],
    ]);
    expect(settled[1]?.detail).to.match(/was mined in block \d+ and failed/);
    expect(await balanceOf(usdc.address)).to.equal(before);
    // The approval of the first is what the second needs, so that this one is tried before it is sent.
    const again = await converter.convert({ ...conversion, minOut: conversion.amountOut + 1n }, context);
    expect(isNoTrade(again) && again.noTrade).to.equal("simulation-reverted");
    await converter.convert(conversion, context);
    expect((await settle()).map(({ status, received }) => [status, received])).to.deep.equal([
      ["done", conversion.amountOut],
    ]);
  });

  it("approves exactly what a swap takes, also where another amount was approved", async () => {
    const conversion = conversionOf(usdc.address, ether, unitsWorth(usdc, 300n));
    if (conversion.via.kind !== "swap") throw new Error("no swap");
    const spender = routerOf(arbitrum, conversion.via.deployment);
    const account = wallet.connect(getConnection().ethers.provider as never);
    const { ethers } = getConnection();
    await ethers.provider.send("hardhat_impersonateAccount", [wallet.address]);
    await erc20(usdc.address, await ethers.getSigner(account.address)).approve(spender, MaxUint256);
    await converter.convert(conversion, context);
    await settle();
    const left = await erc20(usdc.address, ethers.provider as never).allowance(wallet.address, spender);
    expect(left).to.equal(0n);
  });

  it("lets FlashArbitrage take exactly what an order needs, once", async () => {
    const spender = Wallet.createRandom().address;
    const allowance = { token: usdc.address, spender, name: "FlashArbitrage", amount: 12_345n, reason: "an order" };
    const sent = await converter.allow(allowance, context);
    expect(sent !== undefined && !isNoTrade(sent)).to.equal(true);
    expect((await settle()).map(({ status }) => status)).to.deep.equal(["done"]);
    const provider = getConnection().ethers.provider as never;
    expect(await erc20(usdc.address, provider).allowance(wallet.address, spender)).to.equal(12_345n);
    expect(await converter.allow(allowance, context)).to.equal(undefined);
    expect(await converter.allow({ ...allowance, amount: 12_344n }, context)).to.equal(undefined);
  });

  it("sends nothing where the limits leave no room, and writes why", async () => {
    refusal = noTrade("trade-pending", "no room");
    const sent = await converter.convert(conversionOf(ether, weth.address, oneEther / 10n), context);
    expect(sent).to.deep.equal(refusal);
    expect(ledger.conversions.pending()).to.deep.equal([]);
    expect(ledger.conversions.newest("failed", 1)[0]?.detail).to.equal("not sent: no room");
    expect(hashes).to.deep.equal([]);
  });

  it("sends nothing that is worth more than one conversion may be, or says something else", async () => {
    const wrap = conversionOf(ether, weth.address, oneEther / 10n);
    const little = { ...context, maxConversionUsdE8: 299_99999999n };
    const refused = await converter.convert(wrap, little);
    expect(isNoTrade(refused) && refused.noTrade).to.equal("amount-refused");
    expect(isNoTrade(refused) && refused.detail).to.contain("$300.00 of $299.99");
    expect(isNoTrade(await converter.convert({ ...wrap, minOut: 0n }, context))).to.equal(true);
    expect(hashes).to.deep.equal([]);
  });

  describe("after a crash", () => {
    const wrap = () => conversionOf(ether, weth.address, oneEther / 10n);

    it("between recording and sending: it is sent once, and nothing is planned twice", async () => {
      // The process ends after the ledger has the signed transaction, and before the node has it.
      const node = submit;
      submit = async () => ({ kind: "unclear", policy: "plain", detail: "killed" });
      await converter.convert(wrap(), context);
      expect(await getConnection().ethers.provider.getTransactionReceipt(hashes[0] ?? "")).to.equal(null);
      submit = node;
      await open();
      expect(pendingConversions(ledger, 7n)).to.deep.equal([
        { from: ether, to: weth.address, amountIn: oneEther / 10n, minOut: oneEther / 10n, maxGasWei: 7n },
      ]);
      const before = await balanceOf(weth.address);
      // The first look finds that the node does not know it, and sends it again; the next one finds it mined.
      expect(await settle()).to.deep.equal([]);
      expect((await settle()).map(({ status, received }) => [status, received])).to.deep.equal([
        ["done", oneEther / 10n],
      ]);
      expect((await balanceOf(weth.address)) - before).to.equal(oneEther / 10n);
      expect(new Set(hashes).size, "one transaction").to.equal(1);
    });

    it("between sending and the receipt: the balances of its block decide, whatever has happened since", async () => {
      await converter.convert(wrap(), context);
      await open();
      const { networkHelpers } = getConnection();
      await networkHelpers.mine(3);
      await networkHelpers.setBalance(wallet.address, 5n * oneEther);
      await networkHelpers.mine();
      expect((await settle()).map(({ status, received }) => [status, received])).to.deep.equal([
        ["done", oneEther / 10n],
      ]);
      expect(await settle()).to.deep.equal([]);
      expect(ledger.conversions.newest("done", 5)).to.have.length(1);
    });

    it("between the approval and the swap: what is approved is used", async () => {
      const conversion = conversionOf(usdc.address, ether, unitsWorth(usdc, 300n));
      const node = submit;
      let handed = 0;
      submit = (raw, conditions) => {
        if (handed++ > 0) throw new Error("killed");
        return node(raw, conditions);
      };
      await converter.convert(conversion, context).catch(() => undefined);
      submit = node;
      await open();
      expect(ledger.conversions.pending().map(({ kind }) => kind)).to.deep.equal(["approve", "swap"]);
      await settle();
      await settle();
      expect(ledger.conversions.pending()).to.deep.equal([]);
      expect(ledger.conversions.newest("done", 5).map(({ kind, received }) => [kind, received])).to.deep.equal([
        ["swap", conversion.amountOut],
        ["approve", undefined],
      ]);
    });
  });

  it("does not call a conversion done whose balances changed by something else", async () => {
    const deposit = conversionCall(wrap(), arbitrum, wallet.address, 0n);
    // The ledger says that it was to spend a wei more than it did.
    const record = {
      opportunity: undefined,
      block: context.block,
      kind: "wrap",
      deployment: undefined,
      from: ether,
      to: weth.address,
      amountIn: oneEther / 10n + 1n,
      quotedOut: oneEther / 10n,
      minOut: oneEther / 10n,
      need: "a test",
    } as const;
    await sender.send({
      purpose: "conversion",
      ...deposit,
      gasLimit: 100_000n,
      record: () => ({ conversion: ledger.conversions.plan(1, record, "pending", "", 0n) }),
    });
    const [settled] = await settle();
    expect(settled?.status).to.equal("failed");
    expect(settled?.detail).to.contain(`it was to spend ${oneEther / 10n + 1n}`);

    function wrap(): Conversion {
      return conversionOf(ether, weth.address, oneEther / 10n);
    }
  });

  it("is open again when its block has left the chain", async () => {
    const { provider, networkHelpers } = { ...getConnection().ethers, ...getConnection() };
    const start = await networkHelpers.takeSnapshot();
    await converter.convert(conversionOf(ether, weth.address, oneEther / 10n), context);
    expect((await settle()).map(({ status }) => status)).to.deep.equal(["done"]);
    await start.restore();
    await networkHelpers.mine(2);
    expect(await provider.send("eth_getTransactionReceipt", [hashes[0]])).to.equal(null);
    await settle();
    expect((await settle()).map(({ status }) => status)).to.deep.equal(["done"]);
    expect(ledger.conversions.newest("done", 5)).to.have.length(1);
    expect(await provider.send("eth_getTransactionReceipt", [hashes[0]])).to.not.equal(null);
  });
});
