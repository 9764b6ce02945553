import { expect } from "chai";
import { getAddress, toBeHex } from "ethers";
import type { VenueName } from "../../bot/config/chains/chain.ts";
import type { Hop } from "../../bot/domain/route.ts";
import { joinedHops } from "../../bot/pipeline/encode.ts";

const token = (number: number) => getAddress(toBeHex(number, 20));

/** A hop from one numbered token to another. */
function hop(venue: VenueName, from: number, to: number, deployment: string = venue): Hop {
  const tokens = [token(from), token(to)] as const;
  const pool = { venue, deployment, id: `${venue} ${from} ${to}`, address: token(99), tokens };
  return { pool, tokenIn: tokens[0], tokenOut: tokens[1] };
}

describe("bot: hops through Balancer's vault", () => {
  const joined = (hops: readonly Hop[], amountsIn = hops.map(() => 0n)) => joinedHops({ route: { hops }, amountsIn });

  it("are one hop of the contract where they follow each other", () => {
    const hops = [hop("balancer", 1, 2), hop("balancer", 2, 3), hop("balancer", 3, 4), hop("woofi", 4, 1)];
    expect(joined(hops)).to.deep.equal([[0, 1, 2], [3]]);
  });

  it("stay apart beside another venue, or another vault", () => {
    const hops = [hop("balancer", 1, 2), hop("woofi", 2, 3), hop("balancer", 3, 4), hop("balancer", 4, 1, "other")];
    expect(joined(hops)).to.deep.equal([[0], [1], [2], [3]]);
  });

  it("stay apart where one of them is a share of a split", () => {
    const hops = [hop("balancer", 1, 2), hop("balancer", 2, 3), hop("balancer", 2, 3), hop("balancer", 3, 4)];
    expect(joined(hops, [0n, 5n, 0n, 0n])).to.deep.equal([[0], [1], [2], [3]]);
  });

  it("are no loop: the last of them stays apart", () => {
    const hops = [hop("balancer", 1, 2), hop("balancer", 2, 3), hop("balancer", 3, 1)];
    expect(joined(hops)).to.deep.equal([[0, 1], [2]]);
  });
});
