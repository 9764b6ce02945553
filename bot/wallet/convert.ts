import type { Address, Chain } from "../config/chains/chain.ts";
import { divideUp, formatUsd, larger } from "../domain/amount.ts";
import { isNoTrade, type NoTrade, noTrade } from "../domain/noTrade.ts";
import type { ConversionRecord, LedgerConversion } from "../ledger/conversions.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { MinedReceipt } from "../ledger/transactions.ts";
import { type Stake, worstGasUsdE8 } from "../risk/limits.ts";
import type { Call, SenderChain } from "../sender/chain.ts";
import type { Sender, Sent } from "../sender/sender.ts";
import { assetsOf, ether } from "./asset.ts";
import { approvalCall, conversionCall, routerOf } from "./conversionCalls.ts";
import { problemOfConversion } from "./conversionCheck.ts";
import type { Conversion, PendingConversion } from "./plan.ts";

export interface ConvertPorts {
  readonly sender: Pick<Sender, "account" | "send">;
  readonly chain: Pick<SenderChain, "tryCall" | "balanceAt">;
  /** Returns at the newest state what a spender may take of the wallet's tokens. */
  readonly allowanceOf: (token: Address, spender: Address) => Promise<bigint>;
  /** Takes room under the risk limits, or says why there is none: inside of the ledger's transaction. */
  readonly reserve: (stake: Stake, nowSeconds: bigint) => number | NoTrade;
  readonly nowSeconds: () => bigint;
}

/** What a conversion is made on. */
export interface ConvertContext {
  readonly block: bigint;
  /** The last second at which a swap may be made. */
  readonly deadlineSeconds: bigint;
  /** The most gas that a swap takes, where its approval is on its way and the chain cannot be asked. */
  readonly swapGas: bigint;
  /** The opportunity that it is for, if it is for one. */
  readonly opportunity: string | undefined;
  /** What one conversion may be worth, in USD with 8 decimals. */
  readonly maxConversionUsdE8: bigint;
  /** Checked prices by token, in USD with 8 decimals. */
  readonly pricesE8: ReadonlyMap<Address, bigint>;
}

/** A conversion whose end became known. */
export interface SettledConversion {
  readonly conversion: LedgerConversion;
  readonly status: "done" | "failed";
  readonly received: bigint | undefined;
  readonly detail: string;
}

/** Makes conversions, one transaction each, and finds out what became of them. */
export interface Converter {
  /** Sends a conversion, after the approval that it needs. It waits for no receipt. */
  readonly convert: (conversion: Conversion, context: ConvertContext) => Promise<Sent | NoTrade>;
  /** Lets a spender take exactly `amount` for an order, unless it may take as much already: then it returns undefined. */
  readonly allow: (allowance: Allowance, context: ConvertContext) => Promise<Sent | NoTrade | undefined>;
  /** Calls a conversion done when its receipt and the balances of its block say so. */
  readonly settle: () => Promise<readonly SettledConversion[]>;
}

/** What a spender needs to be allowed. */
export interface Allowance {
  readonly token: Address;
  readonly spender: Address;
  /** The spender's name: that of a deployment, or FlashArbitrage. */
  readonly name: string;
  readonly amount: bigint;
  readonly reason: string;
}

/** More gas than an approval takes, where the one before it is on its way and the chain cannot be asked. */
export const approvalGas = 100_000n;

/** Returns what is on its way, for planning. */
export function pendingConversions(ledger: Ledger, conversionGasWei: bigint): readonly PendingConversion[] {
  return ledger.conversions.pending().map(({ kind, from, to, amountIn, minOut }) => ({
    from,
    to,
    amountIn: kind === "approve" ? 0n : amountIn,
    minOut,
    maxGasWei: conversionGasWei,
  }));
}

/**
 * Creates what makes conversions. Each is written into the ledger together with its signed transaction, before that is
 * sent: after a crash the sender finds out what became of the transaction, and `settle` what became of the conversion.
 */
export function createConverter(
  ledger: Ledger,
  run: number,
  { chain, maxGasPriceWei }: { readonly chain: Chain; readonly maxGasPriceWei: bigint },
  ports: ConvertPorts,
): Converter {
  const { sender, nowSeconds } = ports;
  const { account } = sender;
  const assets = assetsOf(chain);

  /** Returns what an amount is worth, rounded up. Undefined without a price. */
  function worthUp(address: Address, amount: bigint, { pricesE8 }: ConvertContext): bigint | undefined {
    const asset = assets.find((candidate) => candidate.address === address);
    const priceE8 = pricesE8.get(asset?.pricedBy ?? "");
    return asset && priceE8 && divideUp(amount * priceE8, 10n ** BigInt(asset.decimals));
  }

  /** Returns what a conversion puts at stake: its gas, and what it may lose to the price that it gets. */
  function stakeOf(
    id: number,
    { kind, from, to, amountIn, minOut }: ConversionRecord,
    gasLimit: bigint,
    context: ConvertContext,
  ): Stake | undefined {
    const etherPriceE8 = context.pricesE8.get(chain.weth);
    const [paid, got] = [worthUp(from, amountIn, context), worthUp(to, minOut, context)];
    if (etherPriceE8 === undefined || paid === undefined || got === undefined) return undefined;
    const maxGasWei = gasLimit * maxGasPriceWei;
    const isApproval = kind === "approve";
    return {
      purpose: { kind: "conversion", conversion: id },
      token: from,
      amount: isApproval ? 0n : amountIn,
      valueUsdE8: isApproval ? 0n : paid,
      maxGasWei,
      maxLossUsdE8: worstGasUsdE8(maxGasWei, etherPriceE8) + (isApproval ? 0n : larger(paid - got, 0n)),
    };
  }

  async function send(
    record: ConversionRecord,
    call: Call,
    gasLimit: bigint,
    context: ConvertContext,
  ): Promise<Sent | NoTrade> {
    return sender.send({
      purpose: "conversion",
      ...call,
      gasLimit,
      record: () => {
        const id = ledger.conversions.plan(run, record, "pending", "not mined yet", nowSeconds());
        const stake = stakeOf(id, record, gasLimit, context);
        const none = () => noTrade("no-price", `${record.need}: of ${record.from} or ${record.to}`);
        const reserved = stake === undefined ? none() : ports.reserve(stake, nowSeconds());
        if (!isNoTrade(reserved)) return { opportunity: undefined, conversion: id };
        // What the refusal itself has written, as a halt, stays: so does what was refused.
        const result = { status: "failed", received: undefined, detail: `not sent: ${reserved.detail}` } as const;
        ledger.conversions.settle(id, result, nowSeconds());
        return reserved;
      },
    });
  }

  /** Sends a call for what the chain says that it takes, and a quarter more. Sends nothing where the chain refuses it. */
  async function tryAndSend(record: ConversionRecord, call: Call, context: ConvertContext): Promise<Sent | NoTrade> {
    const trial = await ports.chain.tryCall(account, call);
    if ("gas" in trial) return send(record, call, (trial.gas * 5n) / 4n, context);
    return noTrade("simulation-reverted", `${record.need}: ${record.kind}: ${trial.reverted}`);
  }

  async function approve(
    { token, spender, name, amount, reason }: Allowance,
    allowed: bigint,
    context: ConvertContext,
  ): Promise<Sent | NoTrade> {
    const { block, opportunity } = context;
    const record = (units: bigint): ConversionRecord => ({
      opportunity,
      block,
      kind: "approve",
      deployment: name,
      from: token,
      to: token,
      amountIn: units,
      quotedOut: 0n,
      minOut: 0n,
      need: reason,
    });
    const call = approvalCall(token, spender, amount);
    if (allowed === 0n || "gas" in (await ports.chain.tryCall(account, call))) {
      return tryAndSend(record(amount), call, context);
    }
    // Some tokens change an allowance only from and to zero.
    const cleared = await tryAndSend(record(0n), approvalCall(token, spender, 0n), context);
    return isNoTrade(cleared) ? cleared : send(record(amount), call, approvalGas, context);
  }

  return {
    async convert(conversion, context) {
      const { from, to, amountIn, amountOut, minOut, via, reason } = conversion;
      const call = conversionCall(conversion, chain, account, context.deadlineSeconds);
      const worth = worthUp(from, amountIn, context);
      const limit = context.maxConversionUsdE8;
      const tooMuch = worth !== undefined && worth > limit && `it is worth ${formatUsd(worth)} of ${formatUsd(limit)}`;
      const problem = tooMuch || problemOfConversion(call, conversion, chain, account);
      if (problem !== undefined) return noTrade("amount-refused", `${reason}: ${problem}`);
      const deployment = via.kind === "swap" ? via.deployment : undefined;
      const { block, opportunity } = context;
      const amounts = { amountIn, quotedOut: amountOut, minOut };
      const record = { opportunity, block, kind: via.kind, deployment, from, to, ...amounts, need: reason };
      if (deployment === undefined || from === ether) return tryAndSend(record, call, context);

      const spender = routerOf(chain, deployment);
      const allowed = await ports.allowanceOf(from, spender);
      if (allowed === amountIn) return tryAndSend(record, call, context);
      const allowance = { token: from, spender, name: deployment, amount: amountIn, reason };
      const approved = await approve(allowance, allowed, context);
      // The approval is mined before: its nonce is lower.
      return isNoTrade(approved) ? approved : send(record, call, context.swapGas, context);
    },

    async allow(allowance, context) {
      const allowed = await ports.allowanceOf(allowance.token, allowance.spender);
      return allowed >= allowance.amount ? undefined : approve(allowance, allowed, context);
    },

    async settle() {
      ledger.conversions.reopen();
      const settled: SettledConversion[] = [];
      for (const conversion of ledger.conversions.pending()) {
        const result = await resultOf(conversion);
        if (result === undefined) continue;
        ledger.conversions.settle(conversion.id, result, nowSeconds());
        settled.push({ conversion, ...result });
      }
      return settled;
    },
  };

  /** Returns what became of a conversion, or undefined while that is open. */
  async function resultOf(conversion: LedgerConversion): Promise<Omit<SettledConversion, "conversion"> | undefined> {
    const failed = (detail: string) => ({ status: "failed", received: undefined, detail }) as const;
    const transactions = ledger.transactions.ofConversion(conversion.id);
    if (transactions.some(({ status }) => status === "signed" || status === "sent")) return undefined;
    const mined = transactions.find(({ status }) => status === "mined");
    if (mined?.receipt === undefined) {
      const detail = transactions.at(-1)?.detail ?? "another transaction was mined with its nonce";
      return failed(`not made: ${detail}`);
    }
    const { hash, purpose, receipt } = mined;
    if (purpose === "cancel") return failed(`not made: cancelled by ${hash}`);
    if (!receipt.succeeded) return failed(`${hash} was mined in block ${receipt.block} and failed`);
    if (conversion.kind === "approve") return { status: "done", received: undefined, detail: hash };
    return checkBalances(conversion, hash, receipt);
  }

  /** Compares the balances before and after the block with what the conversion was to do. */
  async function checkBalances(
    { from, to, amountIn, minOut, opportunity }: LedgerConversion,
    hash: string,
    { block }: MinedReceipt,
  ): Promise<Omit<SettledConversion, "conversion">> {
    const change = async (asset: Address): Promise<bigint | undefined> => {
      const [before, after] = await Promise.all([
        ports.chain.balanceAt(asset, account, block - 1n),
        ports.chain.balanceAt(asset, account, block),
      ]);
      if (before === undefined || after === undefined) return undefined;
      // What happens to the account's ether is written down when its transaction is settled.
      if (asset !== ether)
        ledger.transactions.changeBalance({ hash, account, token: asset, opportunity, before, after, block });
      return after - before + (asset === ether ? gasPaidIn(block) : 0n);
    };
    const [spent, received] = await Promise.all([change(from), change(to)]);
    if (spent === undefined || received === undefined) {
      return { status: "done", received: undefined, detail: `${hash}: the node has forgotten the balances before it` };
    }
    if (-spent === amountIn && received >= minOut) return { status: "done", received, detail: hash };
    const detail =
      `${hash} changed the balances by ${spent} and ${received} in block ${block}, ` +
      `it was to spend ${amountIn} and bring ${minOut} at least`;
    return { status: "failed", received, detail };
  }

  /** Returns what all transactions of the account took for gas in a block, in wei. */
  function gasPaidIn(block: bigint): bigint {
    return ledger.transactions
      .minedSince(account, block)
      .filter(({ receipt }) => receipt.block === block)
      .reduce((sum, { receipt: { gasUsed, gasPriceWei } }) => sum + gasUsed * gasPriceWei, 0n);
  }
}
