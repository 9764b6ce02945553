import { expect } from "chai";
import { parse } from "./compiler.ts";
import { applyMutant, mutantsOf } from "./mutants.ts";

const file = "contracts/Example.sol";
const source = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

contract Example {
    error TooMuch(uint256 amount, string unit);
    modifier guarded() {
        _;
    }
    uint256 private _sum;

    function take(uint256 amount, bool free) external guarded returns (uint256) {
        if (amount > 7) revert TooMuch(amount, unicode"ü");
        _sum += amount;
        return free ? 0 : (amount) - (1);
    }
}
`;

describe("mutants", () => {
  const tree = parse({ [file]: source })[file];
  if (tree === undefined) throw new Error("The example has no syntax tree.");
  const mutants = mutantsOf(file, source, tree);

  it("changes every kind of place once or twice, and names what it changes", () => {
    expect(mutants.map(({ name }) => name.replace(`${file} `, ""))).to.deep.equal([
      "take: guarded -> nothing",
      "take: amount > 7 -> amount <= 7",
      "take: amount > 7 -> amount >= 7",
      "take: if (amount > 7) -> false",
      "take: if (amount > 7) -> true",
      "take: 7 -> 8",
      'take: revert TooMuch(amount, unicode"ü"); -> { }',
      "take: _sum += amount -> _sum -= amount",
      "take: _sum += amount; -> { }",
      "take: free ? 0 : (amount) - (1) -> (amount) - (1)",
      "take: free ? 0 : (amount) - (1) -> 0",
      "take: 0 -> 1",
      "take: (amount) - (1) -> (amount) + (1)",
      "take: 1 -> 2",
    ]);
  });

  it("changes nothing but that place, behind letters of several bytes too", () => {
    const minus = mutants.find(({ replacement }) => replacement.includes("+ (1)"));
    if (minus === undefined) throw new Error("no mutant of the subtraction");
    expect(applyMutant(source, minus)).to.equal(source.replace("(amount) - (1)", "(amount) + (1)"));
  });
});
