import { Interface } from "ethers";
import type { Address, Chain, Token } from "../config/chains/chain.ts";
import { valueUsdE8 } from "../domain/amount.ts";
import { integerOf } from "../lenders/lender.ts";
import type { Reader } from "../venues/venue.ts";

/** One asset of the operator's wallet. */
export interface Holding {
  /** "ETH", or the token's symbol. */
  readonly symbol: string;
  readonly decimals: number;
  readonly balance: bigint;
  /** Undefined without a price. */
  readonly valueUsdE8: bigint | undefined;
  /** What FlashArbitrage may take for loans of the operator's own money. Undefined for ether, and without a contract. */
  readonly allowance: bigint | undefined;
  /** The most of it that the owner of FlashArbitrage lets one route take. Undefined as the allowance is. */
  readonly operatorLoanCap: bigint | undefined;
}

const abi = new Interface([
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function getEthBalance(address account) view returns (uint256)",
  "function operatorLoanCap(address token) view returns (uint256)",
]);

/** Reads what the operator holds and what FlashArbitrage may take of it, in one call. */
export async function readWallet(
  { multicall3, tokens, weth }: Chain,
  operator: Address,
  contract: Address | undefined,
  pricesE8: ReadonlyMap<Address, bigint>,
  reader: Reader,
): Promise<readonly Holding[]> {
  const spender = contract ?? operator;
  const [ether, ...results] = await reader.read([
    { target: multicall3, data: abi.encodeFunctionData("getEthBalance", [operator]) },
    ...tokens.flatMap(({ address: target }) => [
      { target, data: abi.encodeFunctionData("balanceOf", [operator]) },
      { target, data: abi.encodeFunctionData("allowance", [operator, spender]) },
      { target: spender, data: abi.encodeFunctionData("operatorLoanCap", [target]) },
    ]),
  ]);
  const value = (balance: bigint, token: Pick<Token, "decimals">, address: Address) => {
    const priceE8 = pricesE8.get(address);
    return priceE8 === undefined ? undefined : valueUsdE8(balance, token, priceE8);
  };
  const wei = integerOf(ether) ?? 0n;
  const ethers = { symbol: "ETH", decimals: 18, balance: wei, allowance: undefined, operatorLoanCap: undefined };
  return [
    { ...ethers, valueUsdE8: value(wei, ethers, weth) },
    ...tokens.map((token, index) => {
      const balance = integerOf(results[index * 3]) ?? 0n;
      return {
        symbol: token.symbol,
        decimals: token.decimals,
        balance,
        valueUsdE8: value(balance, token, token.address),
        allowance: contract === undefined ? undefined : integerOf(results[index * 3 + 1]),
        operatorLoanCap: contract === undefined ? undefined : integerOf(results[index * 3 + 2]),
      };
    }),
  ];
}

/** Lists the tokens of which FlashArbitrage holds nothing: a trade that passes one moves a balance from zero and back. */
export async function readUnheld(
  { tokens }: Pick<Chain, "tokens">,
  contract: Address,
  reader: Reader,
): Promise<readonly Token[]> {
  const data = abi.encodeFunctionData("balanceOf", [contract]);
  const results = await reader.read(tokens.map(({ address: target }) => ({ target, data })));
  return tokens.filter((_, index) => integerOf(results[index]) === 0n);
}
