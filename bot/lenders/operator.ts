import { Interface } from "ethers";
import { lesser } from "../domain/amount.ts";
import { integerOf, type Lender } from "./lender.ts";

const erc20 = new Interface([
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
]);
const flashArbitrage = new Interface(["function operatorLoanCap(address token) view returns (uint256)"]);

/** Lends what the operator's wallet holds and lets FlashArbitrage take, up to the owner's cap, for nothing. */
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
      { target: contract, data: flashArbitrage.encodeFunctionData("operatorLoanCap", [target]) },
    ]);
  },

  decode({ tokens }, _setup, results) {
    return tokens.flatMap(({ address: token }, index) => {
      const [balance, allowance, cap] = results.slice(index * 3, index * 3 + 3).map(integerOf);
      if (balance === undefined || allowance === undefined || cap === undefined) return [];
      const available = lesser(lesser(balance, allowance), cap);
      return available === 0n ? [] : [{ lender: "operator" as const, token, available, feeRate: 0n }];
    });
  },
};
