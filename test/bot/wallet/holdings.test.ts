import { expect } from "chai";
import { arbitrum } from "../../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../../bot/config/chains/chain.ts";
import type { LedgerTransaction } from "../../../bot/ledger/transactions.ts";
import { ether } from "../../../bot/wallet/asset.ts";
import { balancesOf, createHoldings } from "../../../bot/wallet/holdings.ts";
import type { Holding } from "../../../bot/wallet/wallet.ts";

const account = "0x6A47346e722937B60Df7a1149168c0E76DD6520f";
const holding = (symbol: string, balance: bigint): Holding => ({
  symbol,
  decimals: 18,
  balance,
  valueUsdE8: undefined,
  allowance: undefined,
  operatorLoanCap: undefined,
});

describe("wallet: holdings", () => {
  /** Holdings that count how often they are read, and a ledger that says what is open and what was the last nonce. */
  function counted() {
    const state = { reads: 0, open: [] as { account: string }[], nonce: undefined as number | undefined };
    const read = createHoldings(
      async () => {
        state.reads += 1;
        return [holding("ETH", BigInt(state.reads))];
      },
      account,
      { open: () => state.open as unknown as LedgerTransaction[], highestUsedNonce: () => state.nonce },
    );
    return { state, read };
  }

  it("are read once for a block", async () => {
    const { state, read } = counted();
    expect(await read(5n)).to.equal(await read(5n));
    expect(state.reads).to.equal(1);
    await read(6n);
    expect(state.reads).to.equal(2);
  });

  it("are read again as long as a transaction of the account is open, and once it is settled", async () => {
    const { state, read } = counted();
    await read(5n);
    state.open = [{ account }];
    await read(5n);
    await read(5n);
    expect(state.reads).to.equal(3);
    state.open = [];
    await read(5n);
    expect(state.reads, "what was read while it was open is not kept").to.equal(4);
    state.nonce = 7;
    await read(5n);
    expect(state.reads).to.equal(5);
    await read(5n);
    expect(state.reads).to.equal(5);
  });

  it("are not touched by the transactions of another account", async () => {
    const { state, read } = counted();
    state.open = [{ account: ether }];
    await read(5n);
    await read(5n);
    expect(state.reads).to.equal(1);
  });

  it("give the balance of every asset for planning, and nothing of what was not read", () => {
    const balances = balancesOf(arbitrum, [holding("ETH", 3n), holding("USDC", 4n)]);
    expect(balances.get(ether)).to.equal(3n);
    expect(balances.get(tokenOf(arbitrum, "USDC").address)).to.equal(4n);
    expect(balances.get(tokenOf(arbitrum, "WETH").address)).to.equal(0n);
    expect(balances.size).to.equal(1 + arbitrum.tokens.length);
  });
});
