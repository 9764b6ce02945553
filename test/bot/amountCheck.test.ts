import { expect } from "chai";
import { Wallet } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Token, tokenOf } from "../../bot/config/chains/chain.ts";
import { valueUsdE8 } from "../../bot/domain/amount.ts";
import type { Order } from "../../bot/domain/order.ts";
import { checkAmount, type Unsigned } from "../../bot/pipeline/amountCheck.ts";
import { encodeOrder } from "../../bot/pipeline/encode.ts";
import { createExecutor } from "../../bot/rpc/chainPorts.ts";
import { startPriceE8, unitsWorth } from "../../localnet/market.ts";
import { seededRandom } from "../../localnet/random.ts";
import { FlashArbitrage__factory } from "../../types/index.js";
import { useArbitrum } from "../support/arbitrum.ts";
import { memoryVenues } from "../support/memoryMarket.ts";
import { memoryOrder } from "../support/memoryOrder.ts";

const contract = "0x6A47346e722937B60Df7a1149168c0E76DD6520f";
const abi = FlashArbitrage__factory.createInterface();
const weth = tokenOf(arbitrum, "WETH");
const usdE8 = 10n ** 8n;
const limits = { maxOrderUsdE8: 100_000n * usdE8, ownCapitalProfile: "moderate" } as const;
const anyOrder = { ...limits, maxOrderUsdE8: 10n ** 40n };

/** A transaction that says what an order says. */
function transactionOf(order: Order): Unsigned {
  const { id, loan, hops, minProfit, deadline } = encodeOrder(order, arbitrum, memoryVenues);
  return { to: contract, data: abi.encodeFunctionData("execute", [id, loan, hops, minProfit, deadline]), value: 0n };
}

/** Returns why a transaction is refused, or undefined. By default it is that of the order. */
function refusal(order: Order, transaction = transactionOf(order), bounds: typeof limits = limits): string | undefined {
  const refused = checkAmount(transaction, order, { chain: arbitrum, contract, abi }, bounds);
  if (refused !== undefined) expect(refused.noTrade).to.equal("amount-refused");
  return refused?.detail;
}

/** An order of `amount` units of a token, which is what sizing decided when the search saw `sizeUsd`. */
function orderOf(token: Token, amount: bigint, sizeUsdE8: bigint, change: Partial<Order["sized"]> = {}): Order {
  const { order } = memoryOrder();
  const priceE8 = startPriceE8(token.address);
  const sized = { amount, available: 10n ** 40n, boundedBy: undefined, priceE8, sizeUsdE8, ...change };
  return { ...order, token: token.address, amount, amountsIn: order.amountsIn.map(() => 0n), sized };
}

describe("bot: the amount about to be signed", () => {
  it("lets a transaction pass that says what its order says", () => {
    expect(refusal(memoryOrder().order)).to.equal(undefined);
    expect(refusal(orderOf(weth, 146n * 10n ** 15n, 438n * usdE8))).to.equal(undefined);
  });

  describe("434 ETH where 0.146 ETH was meant", () => {
    const [meant, asked] = [146n * 10n ** 15n, 434n * 10n ** 18n];
    const sizeUsdE8 = 438n * usdE8;

    it("is refused in the transaction alone", () => {
      const order = orderOf(weth, meant, sizeUsdE8);
      const detail = refusal(order, transactionOf({ ...order, amount: asked }), anyOrder);
      expect(detail).to.equal(`the amount of the transaction is ${asked}, the order's is ${meant}`);
    });

    it("is refused in the order after sizing", () => {
      const order = { ...orderOf(weth, meant, sizeUsdE8), amount: asked };
      expect(refusal(order, undefined, anyOrder)).to.equal("the order asks for 434 WETH, sizing decided 0.146 WETH");
    });

    it("is refused where sizing itself decided so, for the limit on an order", () => {
      const detail = refusal(orderOf(weth, asked, sizeUsdE8));
      expect(detail).to.equal("434 WETH are worth $1,302,000.00, maxOrderUsd is $100,000.00");
    });

    it("is refused where no limit stands against it, for what the search saw", () => {
      const detail = refusal(orderOf(weth, asked, sizeUsdE8), undefined, anyOrder);
      expect(detail).to.equal("434 WETH are worth $1,302,000.00, the search saw $438.00: more than 10 times less");
    });

    it("is refused where the lender offers less", () => {
      const detail = refusal(orderOf(weth, asked, 2_000_000n * usdE8, { available: meant }), undefined, anyOrder);
      expect(detail).to.equal("the order asks for 434 WETH, morphoBlue offers 0.146 WETH");
    });

    it("is refused of the wallet's own money above its profile", () => {
      const order = { ...orderOf(weth, asked, 2_000_000n * usdE8), lender: "operator" } as const;
      expect(refusal(order, undefined, anyOrder)).to.equal(
        "434 WETH are worth $1,302,000.00, ownCapitalProfile moderate is $400.00 an order",
      );
    });
  });

  it("refuses an amount in the decimals of any other token, whatever its size, and passes the right one", () => {
    const random = seededRandom(434);
    const decimals = [...new Set(arbitrum.tokens.map((token) => token.decimals))];
    expect(decimals.sort((a, b) => a - b)).to.deep.equal([6, 8, 18]);
    for (let round = 0; round < 300; round++) {
      for (const token of arbitrum.tokens) {
        const usd = random.bigint(1n, random.pick([10n, 1_000n, 90_000n]));
        // Between a quarter and four times of it.
        const sizeUsdE8 = (usd * usdE8 * random.bigint(25n, 400n)) / 100n;
        const right = unitsWorth(token, usd);
        expect(refusal(orderOf(token, right, sizeUsdE8)), `$${usd} of ${token.symbol}`).to.equal(undefined);
        for (const other of decimals.filter((count) => count !== token.decimals)) {
          const wrong = unitsWorth({ ...token, decimals: other }, usd);
          const name = `$${usd} of ${token.symbol} with ${other} decimals`;
          for (const bounds of [limits, anyOrder]) {
            expect(refusal(orderOf(token, wrong, sizeUsdE8), undefined, bounds), name).to.be.a("string");
          }
        }
      }
    }
  });

  it("allows an order to be much smaller than what the search saw only where all of the offer is taken", () => {
    const amount = 10n ** 16n;
    expect(refusal(orderOf(weth, amount, 10_000n * usdE8))).to.contain("times more");
    expect(refusal(orderOf(weth, amount, 10_000n * usdE8, { available: amount }))).to.equal(undefined);
  });

  it("refuses a transaction that differs from its order in anything", () => {
    const { order } = memoryOrder();
    const [first, second] = order.route.hops;
    if (first === undefined || second === undefined) throw new Error("The order has no two hops.");
    const changes: Record<string, Partial<Order>> = {
      id: { id: `0x${"12".repeat(32)}` },
      lender: { lender: "aaveV3" },
      "lending pool": { source: first.pool },
      token: { token: tokenOf(arbitrum, "DAI").address },
      amount: { amount: order.amount + 1n },
      "least profit": { minProfit: order.minProfit - 1n },
      deadline: { deadline: order.deadline + 1n },
      "number of hops": { route: { hops: [...order.route.hops, second] } },
      "venue of hop 0": { route: { hops: [{ ...first, pool: { ...first.pool, venue: "woofi" } }, second] } },
      "token out of hop 0": { route: { hops: [{ ...first, tokenOut: contract }, second] } },
      "input of hop 0": { amountsIn: [1n, 0n] },
    };
    for (const [what, change] of Object.entries(changes)) {
      expect(refusal(order, transactionOf({ ...order, ...change })), what).to.match(
        new RegExp(`^the ${what} of the transaction is`),
      );
    }
    const transaction = transactionOf(order);
    expect(refusal(order, { ...transaction, to: weth.address })).to.match(/^the target/);
    expect(refusal(order, { ...transaction, value: 1n })).to.match(/^the value/);
    expect(refusal(order, { ...transaction, data: "0x12345678" })).to.equal("the transaction is no call of execute");
  });

  it("takes hops through Balancer's vault in a row for the one hop that they are", () => {
    const { order } = memoryOrder();
    const [first] = order.route.hops;
    if (first === undefined) throw new Error("The order has no hop.");
    const vault = { ...first.pool, venue: "balancer", deployment: "Balancer V2" } as const;
    const wbtc = tokenOf(arbitrum, "WBTC").address;
    const hops = [
      first,
      { ...first, pool: vault, tokenIn: first.tokenOut, tokenOut: wbtc },
      { ...first, pool: vault, tokenIn: wbtc, tokenOut: first.tokenIn },
    ];
    const joined = { ...order, route: { ...order.route, hops }, amountsIn: [0n, 0n, 0n] };
    expect(refusal(joined)).to.equal(undefined);
    const [, , third] = hops;
    const other = { ...joined, route: { ...order.route, hops: [first, hops[1], { ...third, tokenOut: contract }] } };
    expect(refusal(joined, transactionOf(other as Order))).to.match(/^the token out of hop 1 of the transaction/);
    expect(refusal(joined, transactionOf(order))).to.match(/^the number of hops|^the venue of hop 1/);
  });

  it("refuses an order of nothing, one without a least profit, and one whose first hop takes more than it", () => {
    const order = orderOf(weth, 10n ** 17n, 300n * usdE8);
    const nothing = { ...order, amount: 0n, sized: { ...order.sized, amount: 0n } };
    expect(refusal(nothing)).to.contain("amount is 0");
    expect(refusal({ ...order, minProfit: 0n })).to.contain("least profit is 0");
    expect(refusal({ ...order, amountsIn: [10n ** 17n + 1n, 0n] })).to.contain("the first hop takes");
  });

  it("values an order as its own token and price say", () => {
    const { order } = memoryOrder();
    const token = arbitrum.tokens.find(({ address }) => address === order.token);
    if (token === undefined) throw new Error(order.token);
    const valueE8 = valueUsdE8(order.amount, token, order.sized.priceE8);
    const at = { ...limits, maxOrderUsdE8: valueE8 };
    expect(refusal(order, undefined, at)).to.equal(undefined);
    expect(refusal(order, undefined, { ...at, maxOrderUsdE8: valueE8 - 1n })).to.contain("maxOrderUsd");
  });

  describe("on the chain under test", () => {
    const getConnection = useArbitrum();

    it("is checked before a signature is made", async () => {
      const { provider } = getConnection().ethers;
      const { callOf } = createExecutor({
        provider,
        attempt: (_, work) => work(),
        chain: arbitrum,
        venues: memoryVenues,
        contract,
        operator: Wallet.createRandom().address,
        maxGasPriceWei: 10n ** 9n,
        tipWei: 0n,
        ...limits,
        baseFeeWei: () => 10n ** 7n,
      });
      const order = orderOf(weth, 146n * 10n ** 15n, 438n * usdE8);
      expect(await callOf(order)).to.have.property("to", contract);
      const refused = await callOf({ ...order, amount: 434n * 10n ** 18n });
      expect(refused).to.have.property("noTrade", "amount-refused");
    });
  });
});
