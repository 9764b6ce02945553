import { expect } from "chai";
import { maximize, maximizeNear } from "../../../bot/engine/maximum.ts";
import { isNear } from "../../support/near.ts";

/** A hill of this height at `at`, as a route's profit is one: from nothing at zero to nothing at twice `at`, and on down. */
const hill = (at: number, height: number) => (x: number) => height * (2 * (x / at) - (x / at) ** 2);

describe("engine: maximum", () => {
  it("finds the top of a hill anywhere between the bounds", () => {
    for (const at of [3, 1e3, 7.77e9, 4.2e17]) {
      const top = maximize(hill(at, 5), 1, 1e18);
      expect(isNear(top.at / at, 1, 1e-6), `${at}`).to.equal(true);
      expect(isNear(top.value, 5, 1e-9)).to.equal(true);
    }
  });

  it("takes the higher of two tops, on either side", () => {
    const two = (x: number) => Math.max(hill(1e4, 5)(x), hill(1e7, 6)(x));
    expect(isNear(maximize(two, 1, 1e12).at / 1e7, 1, 1e-6)).to.equal(true);
    const other = (x: number) => Math.max(hill(1e4, 7)(x), hill(1e7, 6)(x));
    expect(isNear(maximize(other, 1, 1e12).at / 1e4, 1, 1e-6)).to.equal(true);
  });

  it("ends at a bound where the function still rises there", () => {
    expect(maximize((x) => x, 1, 12_345).at).to.equal(12_345);
    expect(maximize((x) => -x, 10, 1e9).at <= 10).to.equal(true);
  });

  it("finds a kink, which no parabola fits", () => {
    const kink = (x: number) => (x < 5_000 ? x : 5_000 - 3 * (x - 5_000));
    expect(isNear(maximize(kink, 1, 1e9).value / 5_000, 1, 1e-7)).to.equal(true);
  });

  it("climbs from where the top was before, however far it moved", () => {
    for (const moved of [1.0001, 1.5, 40]) {
      const top = maximizeNear(hill(1e6 * moved, 3), 1e6, 1, 1e12, 1e-8);
      expect(isNear(top.at / (1e6 * moved), 1, 1e-6), `${moved}`).to.equal(true);
    }
  });
});
