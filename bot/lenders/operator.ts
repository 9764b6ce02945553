import { Interface } from "ethers";
import { lesser } from "../domain/amount.ts";
import { integerOf, type Lender } from "./lender.ts";

const erc20 = new Interface([
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
]);

/** Lends what the operator's wallet holds and lets FlashArbitrage take, for nothing. */
export const operator: Lender<undefined> = {
  name: "operator",

  async discover() {
    return undefined;
  },

  reads({ tokens, contract, operator: wallet }) {
    if (contract === undefined || wallet === undefined) return [];
    return tokens.flatMap(({ address: target }) => [
      { target, data: erc20.encodeFunctionData("balanceOf", [wallet]) },
      { target, data: erc20.encodeFunctionData("allowance", [wallet, contract]) },
    ]);
  },

  decode({ tokens }, _setup, results) {
    return tokens.flatMap(({ address: token }, index) => {
      const balance = integerOf(results[index * 2]);
      const allowance = integerOf(results[index * 2 + 1]);
      if (balance === undefined || allowance === undefined) return [];
      const available = lesser(balance, allowance);
      return available === 0n ? [] : [{ lender: "operator" as const, token, available, feeRate: 0n }];
    });
  },
};
