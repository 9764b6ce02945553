import type { Interface, Result } from "ethers";
import { type Address, type Chain, lenderNames, type Token, venueNames } from "../config/chains/chain.ts";
import { formatAmount, formatUsd, valueUsdE8 } from "../domain/amount.ts";
import { type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { Order } from "../domain/order.ts";
import { type OwnCapitalProfile, ownCapitalProfiles } from "../wallet/ownCapital.ts";
import { joinedHops } from "./encode.ts";

/** A transaction as it is about to be signed. */
export interface Unsigned {
  readonly to: Address;
  readonly data: string;
  readonly value: bigint;
}

export interface AmountLimits {
  /** The largest order, whoever lends, in USD with 8 decimals. */
  readonly maxOrderUsdE8: bigint;
  readonly ownCapitalProfile: OwnCapitalProfile;
}

/**
 * How far an order's value and the one that the search saw may lie apart, as a factor. Pools that share hops make an order
 * up to 3.1 times as large as what the search saw (1,180 orders of synthetic markets); decimals that are mixed up make a
 * hundred, or 10^10.
 */
const maxSizeFactor = 10n;

const zeroAddress = `0x${"0".repeat(40)}`;
const usdE8 = 10n ** 8n;

/**
 * Refuses a transaction whose amount is not what was decided, by decoding what is about to be signed: token, amount,
 * lender, hops and least profit are the order's; the amount is what sizing decided, no more than the lender and the limits
 * allow, and worth, in the token's own decimals and by Chainlink's price, what the search saw.
 *
 * The failure that it stands against: 434 ETH asked for where 0.146 ETH was meant.
 *
 * @param abi that of FlashArbitrage
 */
export function checkAmount(
  transaction: Unsigned,
  order: Order,
  { chain, contract, abi }: { readonly chain: Chain; readonly contract: Address; readonly abi: Interface },
  limits: AmountLimits,
): NoTrade | undefined {
  const problem = problemOfCalldata(transaction, order, contract, abi) ?? problemOfAmount(order, chain.tokens, limits);
  return problem === undefined ? undefined : noTrade("amount-refused", problem);
}

/** Returns what the transaction says that the order does not. */
function problemOfCalldata(
  { to, data, value }: Unsigned,
  order: Order,
  contract: Address,
  abi: Interface,
): string | undefined {
  const decoded = decode(abi, data);
  if (decoded === undefined) return "the transaction is no call of execute";
  const [id, loan, hops, minProfit, deadline] = decoded as unknown as [string, Result, Result, bigint, bigint];
  const groups = joinedHops(order);
  if (hops.length !== groups.length) {
    return `the number of hops of the transaction is ${hops.length}, the order's is ${groups.length}`;
  }
  const said: readonly (readonly [string, unknown, unknown])[] = [
    ["target", to, contract],
    ["value", value, 0n],
    ["id", id, order.id],
    ["lender", lenderNames[Number(loan.lender)], order.lender],
    ["lending pool", loan.source, order.source?.address ?? zeroAddress],
    ["token", loan.token, order.token],
    ["amount", loan.amount, order.amount],
    // Zero for a lender that says what it asks for.
    ["lender's fee", loan.fee === 0n ? order.fee : loan.fee, order.fee],
    ["least profit", minProfit, order.minProfit],
    ["deadline", deadline, order.deadline],
    ...groups.flatMap((joined, place) => {
      const hop = hops[place] as Result;
      const [first = 0, last = first] = [joined[0], joined.at(-1)];
      const { pool, tokenOut } = order.route.hops[last] ?? {};
      return [
        [`venue of hop ${place}`, venueNames[Number(hop.venue)], pool?.venue],
        [`token out of hop ${place}`, hop.tokenOut, tokenOut],
        [`input of hop ${place}`, hop.amountIn, order.amountsIn[first]],
      ] as const;
    }),
  ];
  const wrong = said.find(([, actual, expected]) => actual !== expected);
  return wrong && `the ${wrong[0]} of the transaction is ${wrong[1]}, the order's is ${wrong[2]}`;
}

function decode(abi: Interface, data: string): Result | undefined {
  try {
    return abi.decodeFunctionData("execute", data);
  } catch {
    return undefined;
  }
}

/** Returns why an order's amount is not one that may be sent. */
function problemOfAmount(
  { token: address, lender, amount, amountsIn, minProfit, sized }: Order,
  tokens: readonly Token[],
  { maxOrderUsdE8, ownCapitalProfile: profile }: AmountLimits,
): string | undefined {
  const token = tokens.find((candidate) => candidate.address === address);
  if (token === undefined) return `the order's token ${address} is not listed`;
  const shown = (units: bigint) => formatAmount(units, token);
  if (amount <= 0n) return `the order's amount is ${amount}`;
  if (minProfit <= 0n) return `the order's least profit is ${minProfit}`;
  if (amount !== sized.amount) return `the order asks for ${shown(amount)}, sizing decided ${shown(sized.amount)}`;
  if (amount > sized.available) {
    return `the order asks for ${shown(amount)}, ${lender} offers ${shown(sized.available)}`;
  }
  const share = amountsIn[0] ?? 0n;
  if (share > amount) return `the first hop takes ${shown(share)}, the order is ${shown(amount)}`;
  const valueE8 = valueUsdE8(amount, token, sized.priceE8);
  const worth = `${shown(amount)} are worth ${formatUsd(valueE8)}`;
  if (valueE8 > maxOrderUsdE8) return `${worth}, maxOrderUsd is ${formatUsd(maxOrderUsdE8)}`;
  const ownLimitE8 = ownCapitalProfiles[profile] * usdE8;
  if (lender === "operator" && valueE8 > ownLimitE8) {
    return `${worth}, ownCapitalProfile ${profile} is ${formatUsd(ownLimitE8)} an order`;
  }
  const saw = `${worth}, the search saw ${formatUsd(sized.sizeUsdE8)}: more than ${maxSizeFactor} times`;
  if (valueE8 > sized.sizeUsdE8 * maxSizeFactor) return `${saw} less`;
  // An order that takes all that is offered may be as small as that.
  if (amount < sized.available && valueE8 * maxSizeFactor < sized.sizeUsdE8) return `${saw} more`;
  return undefined;
}
