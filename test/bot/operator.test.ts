import { expect } from "chai";
import { toBeHex } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { operator } from "../../bot/lenders/operator.ts";

const [token] = arbitrum.tokens;
if (token === undefined) throw new Error("The chain file lists no tokens.");
const [contract, wallet] = [toBeHex(1, 20), toBeHex(2, 20)];
const borrower = { chain: arbitrum, tokens: [token], contract, operator: wallet };
const answer = (value: bigint) => ({ success: true, data: toBeHex(value, 32) });

describe("bot: the operator's wallet offers", () => {
  const offered = (balance: bigint, allowance: bigint, cap: bigint) =>
    operator.decode(borrower, undefined, [balance, allowance, cap].map(answer)).map(({ available }) => available);

  it("the least of what it holds, what it has approved and what the contract's owner lets a route take", () => {
    expect(offered(5n, 7n, 9n)).to.deep.equal([5n]);
    expect(offered(9n, 5n, 7n)).to.deep.equal([5n]);
    expect(offered(9n, 7n, 5n)).to.deep.equal([5n]);
  });

  it("nothing of a token without a cap, and nothing through a contract that names none", () => {
    expect(offered(5n, 5n, 0n)).to.deep.equal([]);
    const silent = [answer(5n), answer(5n), { success: false, data: "0x" }];
    expect(operator.decode(borrower, undefined, silent)).to.deep.equal([]);
  });

  it("what it reads of the contract that is configured", () => {
    const [, , cap] = operator.reads(borrower, undefined);
    expect(cap?.target).to.equal(contract);
  });
});
