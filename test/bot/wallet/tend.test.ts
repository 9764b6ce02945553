import { expect } from "chai";
import { Wallet } from "ethers";
import { type Bot, createBot, openRpc } from "../../../bot/bot.ts";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../../bot/config/chains/chain.ts";
import { type Config, parseConfig } from "../../../bot/config/config.ts";
import type { LoanOffer } from "../../../bot/domain/lender.ts";
import { isNoTrade, noTrade } from "../../../bot/domain/noTrade.ts";
import { type Ledger, openLedger } from "../../../bot/ledger/ledger.ts";
import { createLog } from "../../../bot/log.ts";
import { curvesOf } from "../../../bot/pipeline/search.ts";
import { ownKey } from "../../../bot/sender/lock.ts";
import { venues } from "../../../bot/venues/registry.ts";
import type { ConvertContext, Converter } from "../../../bot/wallet/convert.ts";
import type { Conversion } from "../../../bot/wallet/plan.ts";
import { createTend, type Tend, type TendScene } from "../../../bot/wallet/tend.ts";
import type { Holding } from "../../../bot/wallet/wallet.ts";
import { useArbitrum } from "../../support/arbitrum.ts";
import { erc20 } from "../../support/erc20.ts";
import { deployExecutor } from "../../support/executor.ts";
import { setTokenBalance } from "../../support/fund.ts";
import { dislocatedPools, memorySnapshot, offer, usdc, weth } from "../../support/memoryMarket.ts";
import { memoryOrder } from "../../support/memoryOrder.ts";

const contract = "0x6A47346e722937B60Df7a1149168c0E76DD6520f";
const milliEther = 10n ** 15n;

function configOf(settings: object, operator = Wallet.createRandom()): Config {
  return parseConfig({
    file: JSON.stringify({ contract, ...settings }),
    env: { ARBITRUM_RPC_URL: "http://in.process", QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey },
    needs: { contract: true, operator: true },
  });
}

describe("wallet: tend", () => {
  let ledger: Ledger;
  let converted: Conversion[];
  let allowed: bigint[];
  let held: Record<string, bigint>;
  let caps: Record<string, bigint>;
  let reads: number;
  beforeEach(() => {
    ledger = openLedger(":memory:");
    [converted, allowed, reads] = [[], [], 0];
    held = { ETH: 500n * milliEther };
    caps = { WETH: 10n ** 20n, USDC: 10n ** 12n };
  });
  afterEach(() => ledger.close());

  const sent = { hash: "0x", nonce: 1, refusal: undefined };
  const converter: Converter = {
    convert: async (conversion: Conversion, _context: ConvertContext) => {
      converted.push(conversion);
      return sent;
    },
    allow: async ({ amount }) => {
      allowed.push(amount);
      return sent;
    },
    settle: async () => [],
  };

  function tendWith(live: boolean, settings: object = {}): Tend {
    const holdings = async (): Promise<readonly Holding[]> => {
      reads += 1;
      return [{ symbol: "ETH", decimals: 18 }, ...arbitrum.tokens].map(({ symbol, decimals }) => ({
        symbol,
        decimals,
        balance: held[symbol] ?? 0n,
        valueUsdE8: undefined,
        allowance: undefined,
        operatorLoanCap: caps[symbol] ?? 0n,
      }));
    };
    const config = { ...configOf({ minProfitUsd: "0.05", minProfitOverCostPercent: "0", ...settings }), contract };
    const run = ledger.runs.begin("shadow", "{}", 0).id;
    return createTend(config, {
      ledger,
      run,
      curveOf: curvesOf(venues),
      holdings,
      converter: live ? converter : undefined,
      nowSeconds: () => 1_000n,
    });
  }

  /**
   * A block with one opportunity that starts with USDC, of which others lend nothing that pays, and the wallet's own money
   * as much as is asked for. The wallet is as `held` says.
   */
  function scene(change: Partial<TendScene> = {}, ownNetUsdE8 = 5_00000000n): TendScene {
    const { opportunity, order } = memoryOrder(
      memorySnapshot(dislocatedPools(), { offers: [offer("morphoBlue", usdc.address, 10n ** 13n)] }),
    );
    const tokens = new Map(arbitrum.tokens.map(({ symbol, address }) => [address, held[symbol] ?? 0n]));
    const snapshot = memorySnapshot([], { wallet: { etherWei: held.ETH ?? 0n, tokens }, offers: [] });
    return {
      snapshot,
      candidates: [{ opportunity, order: undefined, noTrade: noTrade("no-lender", "nobody") }],
      resize: (_, [own]: readonly LoanOffer[]) => {
        const amount = own?.available ?? 0n;
        if (amount === 0n) return noTrade("no-lender", "nothing");
        return { ...order, lender: "operator", amount, netUsdE8: ownNetUsdE8, gasCostUsdE8: 1n };
      },
      mayOrder: true,
      ...change,
    };
  }

  it("reads nothing and does nothing where gas is there and no order lacks anything", async () => {
    const tended = await tendWith(true)(scene({ candidates: [] }));
    expect(tended).to.deep.equal({ settled: [], made: undefined, lacking: undefined });
    expect(reads).to.equal(0);
  });

  it("allows FlashArbitrage what an order of the wallet's own money needs, where the token is held", async () => {
    held.USDC = 1_000n * 10n ** 6n;
    const { made } = await tendWith(true)(scene());
    expect(made?.result).to.deep.equal(sent);
    expect(allowed, "ownCapitalProfile moderate").to.deep.equal([400n * 10n ** 6n]);
    expect(converted).to.deep.equal([]);
  });

  it("takes no more than the owner's cap, and nothing where that is zero", async () => {
    held.USDC = 1_000n * 10n ** 6n;
    caps.USDC = 123n;
    await tendWith(true)(scene());
    expect(allowed).to.deep.equal([123n]);
    caps.USDC = 0n;
    expect((await tendWith(true)(scene())).made).to.equal(undefined);
  });

  it("leaves the wallet alone where other money earns as much, or the conversions cost what is gained", async () => {
    held.USDC = 1_000n * 10n ** 6n;
    const { candidates } = scene();
    const { order } = memoryOrder();
    const others = candidates.map((each) => ({
      ...each,
      order: { ...order, netUsdE8: 5_00000000n },
      noTrade: undefined,
    }));
    expect((await tendWith(true)(scene({ candidates: others }))).made).to.equal(undefined);
    // An approval costs about half a cent.
    const little = await tendWith(true, { minProfitUsd: "0" })(scene({}, 100n));
    expect(little.lacking?.noPlan).to.equal("too-costly");
    expect([...allowed, ...converted]).to.deep.equal([]);
  });

  it("does not order what its own money may not: only gas is looked after while orders may not be sent", async () => {
    held.USDC = 1_000n * 10n ** 6n;
    expect((await tendWith(true)(scene({ mayOrder: false }))).made).to.equal(undefined);
  });

  it("unwraps ether when gas falls under the reserve, before any order", async () => {
    held = { ETH: 2n * milliEther, WETH: 100n * milliEther, USDC: 10n ** 9n };
    const { made } = await tendWith(true)(scene({ mayOrder: false }));
    expect(made?.what).to.contain("unwrap for 0.005 ETH for gas");
    expect(converted.map(({ from, to }) => [from, to])).to.deep.equal([[weth.address, `0x${"0".repeat(40)}`]]);
    expect(allowed).to.deep.equal([]);
  });

  it("says what is lacking where nothing covers it", async () => {
    held = { ETH: 2n * milliEther };
    const { made, lacking } = await tendWith(true)(scene());
    expect(made).to.equal(undefined);
    expect(lacking?.noPlan).to.equal("not-enough");
  });

  it("makes nothing while a conversion is pending", async () => {
    held = { ETH: 2n * milliEther, WETH: 100n * milliEther };
    const record = { opportunity: undefined, block: 1n, kind: "unwrap", deployment: undefined } as const;
    const amounts = { from: weth.address, to: weth.address, amountIn: 1n, quotedOut: 1n, minOut: 1n, need: "gas" };
    ledger.conversions.plan(1, { ...record, ...amounts }, "pending", "", 0n);
    expect((await tendWith(true)(scene())).made).to.equal(undefined);
    expect(converted).to.deep.equal([]);
  });

  it("converts nothing for ten minutes after a conversion has failed", async () => {
    held = { ETH: 2n * milliEther, WETH: 100n * milliEther };
    const record = { opportunity: undefined, block: 1n, kind: "unwrap", deployment: undefined } as const;
    const amounts = { from: weth.address, to: weth.address, amountIn: 1n, quotedOut: 1n, minOut: 1n, need: "gas" };
    const id = ledger.conversions.plan(1, { ...record, ...amounts }, "pending", "", 0n);
    const failed = { status: "failed", received: undefined, detail: "it reverted" } as const;
    ledger.conversions.settle(id, failed, 401n);
    const { made, lacking } = await tendWith(true)(scene());
    expect(made).to.equal(undefined);
    expect(lacking).to.deep.equal({ noPlan: "failed-lately", detail: "unwrap for gas has failed: it reverted" });
    expect(converted).to.deep.equal([]);
    ledger.conversions.settle(id, failed, 400n);
    expect((await tendWith(true)(scene())).made?.result).to.deep.equal(sent);
  });

  it("sends nothing in shadow mode, and writes down once that the plan was not executed", async () => {
    held = { ETH: 2n * milliEther, WETH: 100n * milliEther };
    const tend = tendWith(false);
    expect((await tend(scene())).made?.result).to.equal("planned");
    await tend(scene());
    const planned = ledger.conversions.newest("planned", 5);
    expect(planned).to.have.length(1);
    expect(planned[0]?.detail).to.contain("not executed: shadow mode");
    expect(ledger.conversions.pending()).to.deep.equal([]);
  });

  describe("on the chain under test", () => {
    const getConnection = useArbitrum();
    const operator = Wallet.createRandom();

    async function botIn(mode: "shadow" | "live"): Promise<Bot> {
      const { address, flash, owner } = await deployExecutor(getConnection());
      await flash.connect(owner).setOperator(operator, true);
      await getConnection().networkHelpers.setBalance(operator.address, 3n * milliEther);
      const amount = 100n * milliEther;
      await setTokenBalance(getConnection(), weth.address, operator.address, amount);
      const config = configOf({ contract: address, maxBlockAgeSeconds: 3_600, pollIntervalMs: 50 }, operator);
      const log = createLog("silent", (line) => line);
      const rpc = await openRpc(getConnection().ethers.provider, config, log);
      const lock = ownKey(arbitrum.id, operator.address);
      return createBot({ config, rpc, ledger, log, mode, lock });
    }
    const balances = async () => {
      const { provider } = getConnection().ethers;
      const token = tokenOf(arbitrum, "WETH").address;
      const wrapped = await erc20(token, provider as never).balanceOf(operator.address);
      return { ether: await provider.getBalance(operator.address), wrapped };
    };

    it("a live bot fills the reserve of gas up, once, and books what it cost", async () => {
      const bot = await botIn("live");
      const before = await balances();
      const { tended } = await bot.step();
      expect(tended?.made && !isNoTrade(tended.made.result), JSON.stringify(tended?.lacking)).to.equal(true);
      await getConnection().networkHelpers.mine();
      const { tended: then } = await bot.step();
      expect(then?.settled.map(({ status }) => status)).to.deep.equal(["done"]);
      expect(then?.made).to.equal(undefined);
      const after = await balances();
      expect(after.ether >= 5n * milliEther, `${after.ether} wei`).to.equal(true);
      expect(before.wrapped - after.wrapped).to.equal(then?.settled[0]?.received);
      expect(ledger.risk.open()).to.deep.equal([]);
      await getConnection().networkHelpers.mine();
      expect((await bot.step()).tended?.made).to.equal(undefined);
    });

    it("a bot in shadow mode plans the same and sends nothing", async () => {
      const bot = await botIn("shadow");
      const { tended } = await bot.step();
      expect(tended?.made?.result).to.equal("planned");
      expect(await getConnection().ethers.provider.getTransactionCount(operator.address)).to.equal(0);
    });
  });
});
