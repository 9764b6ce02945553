// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title DodoMath
/// @notice Integers with the revert strings of DODO's pools, and their proactive market maker (PMM).
/// @dev Twin of DODOEX/contractV2 `lib/{SafeMath,DecimalMath,DODOMath,PMMPricing}.sol`.
///
/// Reproduces: every floor and ceiling in the order of the original, the two places where a product may wrap and is
/// computed in another order instead, the cap that keeps a return to the target from paying more than the surplus, and the
/// strings `ADD_ERROR`, `SUB_ERROR`, `MUL_ERROR`, `DIVIDING_ERROR`, `TARGET_IS_ZERO` and
/// `DODOMath: should not be zero`.
///
/// Leaves out: what no pool calls (`powFloor`, `mulCeil`, `reciprocalCeil`).
library DodoMath {
    uint256 internal constant ONE = 1e18;
    uint256 internal constant ONE_SQUARED = 1e36;

    /// @notice Where the pool stands: at its targets, short of base (the price is above `i`), or short of quote.
    enum RState {
        ONE,
        ABOVE_ONE,
        BELOW_ONE
    }

    /// @notice A pool as the PMM sees it. `i` is quote units per base unit and `K` the curvature, both with 18 decimals; `B`
    /// and `Q` are the reserves, `B0` and `Q0` their targets.
    struct PMMState {
        uint256 i;
        uint256 K;
        uint256 B;
        uint256 Q;
        uint256 B0;
        uint256 Q0;
        RState R;
    }

    /// @dev How the reserve of the token that is sold stands to its target. A PMM is its own mirror image: seen from the
    /// token that comes in, selling base and selling quote are one calculation.
    enum Side {
        EVEN,
        SHORT,
        LONG
    }

    /* CHECKED INTEGERS */

    function add(uint256 a, uint256 b) internal pure returns (uint256 c) {
        unchecked {
            c = a + b;
        }
        require(c >= a, "ADD_ERROR");
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b <= a, "SUB_ERROR");
        unchecked {
            return a - b;
        }
    }

    function mul(uint256 a, uint256 b) internal pure returns (uint256) {
        (bool fits, uint256 c) = Math.tryMul(a, b);
        require(fits, "MUL_ERROR");
        return c;
    }

    function div(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b > 0, "DIVIDING_ERROR");
        return a / b;
    }

    function divUp(uint256 a, uint256 b) internal pure returns (uint256) {
        require(b > 0, "DIVIDING_ERROR");
        return Math.ceilDiv(a, b);
    }

    /// @notice Multiplies two numbers with 18 decimals, rounding down.
    function mulWadDown(uint256 a, uint256 b) internal pure returns (uint256) {
        return mul(a, b) / ONE;
    }

    /// @notice Divides two numbers with 18 decimals, rounding down.
    function divWadDown(uint256 a, uint256 b) internal pure returns (uint256) {
        return div(mul(a, ONE), b);
    }

    /// @notice Divides two numbers with 18 decimals, rounding up.
    function divWadUp(uint256 a, uint256 b) internal pure returns (uint256) {
        return divUp(mul(a, ONE), b);
    }

    /* TRADES */

    /// @notice Returns what `amount` units of base pay in quote, before fees, and the state of R afterwards.
    function sellBase(PMMState memory state, uint256 amount) internal pure returns (uint256 received, RState newR) {
        Side side =
            state.R == RState.ONE
                ? Side.EVEN
                : state.R == RState.ABOVE_ONE
                    ? Side.SHORT
                    : Side.LONG;
        (received, side) = _sell(amount, state.B, state.B0, state.Q, state.Q0, state.i, state.K, side);
        newR =
            side == Side.EVEN
                ? RState.ONE
                : side == Side.SHORT
                    ? RState.ABOVE_ONE
                    : RState.BELOW_ONE;
    }

    /// @notice Returns what `amount` units of quote pay in base, before fees, and the state of R afterwards.
    function sellQuote(PMMState memory state, uint256 amount) internal pure returns (uint256 received, RState newR) {
        Side side =
            state.R == RState.ONE
                ? Side.EVEN
                : state.R == RState.BELOW_ONE
                    ? Side.SHORT
                    : Side.LONG;
        (received, side) = _sell(amount, state.Q, state.Q0, state.B, state.B0, _inverse(state.i), state.K, side);
        newR =
            side == Side.EVEN
                ? RState.ONE
                : side == Side.SHORT
                    ? RState.BELOW_ONE
                    : RState.ABOVE_ONE;
    }

    /// @notice Moves the target of the token that is in surplus to where the pool would be back at R = 1.
    function adjustTarget(PMMState memory state) internal pure {
        if (state.R == RState.BELOW_ONE) {
            state.Q0 = _target(state.Q, sub(state.B, state.B0), state.i, state.K);
        } else if (state.R == RState.ABOVE_ONE) {
            state.B0 = _target(state.B, sub(state.Q, state.Q0), _inverse(state.i), state.K);
        }
    }

    /// @notice Returns the price of the next unit of base in quote, with 18 decimals.
    function midPrice(PMMState memory state) internal pure returns (uint256) {
        if (state.R == RState.BELOW_ONE) return divWadDown(state.i, _steepness(state.Q, state.Q0, state.K));
        return mulWadDown(state.i, _steepness(state.B, state.B0, state.K));
    }

    function _sell(
        uint256 amount,
        uint256 reserveIn,
        uint256 targetIn,
        uint256 reserveOut,
        uint256 targetOut,
        uint256 price,
        uint256 k,
        Side side
    ) private pure returns (uint256 received, Side newSide) {
        if (side == Side.EVEN) return (_tradeOut(targetOut, targetOut, amount, price, k), Side.LONG);
        if (side == Side.LONG) return (_tradeOut(targetOut, reserveOut, amount, price, k), Side.LONG);

        uint256 toEven = sub(targetIn, reserveIn);
        uint256 surplus = sub(reserveOut, targetOut);
        if (amount == toEven) return (surplus, Side.EVEN);
        if (amount > toEven) {
            received = _tradeOut(targetOut, targetOut, sub(amount, toEven), price, k);
            return (add(surplus, received), Side.LONG);
        }
        received = _integrate(targetIn, add(reserveIn, amount), reserveIn, price, k);
        // Rounding can reach past the surplus, which would leave the reserve below its target while R says otherwise.
        return (received > surplus ? surplus : received, Side.SHORT);
    }

    /* CURVE */

    function _inverse(uint256 i) private pure returns (uint256) {
        return div(ONE_SQUARED, i);
    }

    /// @dev 1 - k + k (target / reserve)², with 18 decimals.
    function _steepness(uint256 reserve, uint256 target, uint256 k) private pure returns (uint256) {
        uint256 ratioSquared = divWadDown(div(mul(target, target), reserve), reserve);
        return add(sub(ONE, k), mulWadDown(k, ratioSquared));
    }

    /// @dev Area under the curve from `to` up to `from`: price (from - to) (1 - k + k target² / (from · to)), down.
    function _integrate(
        uint256 target,
        uint256 from,
        uint256 to,
        uint256 price,
        uint256 k
    ) private pure returns (uint256) {
        require(target > 0, "TARGET_IS_ZERO");
        uint256 fair = mul(price, sub(from, to));
        if (k == 0) return fair / ONE;
        uint256 penalty = mulWadDown(k, divWadDown(div(mul(target, target), from), to));
        return mul(add(sub(ONE, k), penalty), fair) / ONE_SQUARED;
    }

    /// @dev Target from which `reserve` is reached by paying `delta` of the other token, down:
    /// reserve (1 + (√(1 + 4 k price delta / reserve) - 1) / 2k).
    function _target(uint256 reserve, uint256 delta, uint256 price, uint256 k) private pure returns (uint256) {
        if (k == 0) return add(reserve, mulWadDown(price, delta));
        if (reserve == 0) return 0;
        uint256 slope = mul(4 * k, price);
        uint256 root = ONE;
        if (slope > 0) {
            (bool fits, uint256 product) = Math.tryMul(slope, delta);
            // Dividing first loses digits and is done only where the product has no room.
            root = Math.sqrt(add(fits ? product / reserve : mul(slope / reserve, delta), ONE_SQUARED));
        }
        return mulWadDown(reserve, add(divWadDown(sub(root, ONE), k * 2), ONE));
    }

    /// @dev What leaves `reserve` when `delta` of the other token comes in, down: reserve less the positive root V of
    /// (1 - k) V² + (price delta + k target² / reserve - (1 - k) reserve) V - k target² = 0, rounded up.
    function _tradeOut(
        uint256 target,
        uint256 reserve,
        uint256 delta,
        uint256 price,
        uint256 k
    ) private pure returns (uint256) {
        require(target > 0, "TARGET_IS_ZERO");
        if (delta == 0) return 0;
        if (k == 0) return Math.min(mulWadDown(price, delta), reserve);
        if (k == ONE) return _tradeOutHyperbola(target, reserve, delta, price);

        uint256 left = mul(sub(ONE, k), reserve);
        uint256 right = add(mul(div(mul(k, target), reserve), target), mul(price, delta));
        bool negative = left < right;
        uint256 b = (negative ? right - left : left - right) / ONE;
        uint256 root = mulWadDown(mul(sub(ONE, k), 4), mul(mulWadDown(k, target), target));
        root = Math.sqrt(add(mul(b, b), root));

        uint256 numerator;
        if (negative) {
            numerator = sub(root, b);
            require(numerator > 0, "DODOMath: should not be zero");
        } else {
            numerator = add(b, root);
        }
        uint256 left2 = divWadUp(numerator, mul(sub(ONE, k), 2));
        return left2 > reserve ? 0 : reserve - left2;
    }

    /// @dev The same for k = 1: reserve t / (1 + t) with t = price delta reserve / target².
    function _tradeOutHyperbola(
        uint256 target,
        uint256 reserve,
        uint256 delta,
        uint256 price
    ) private pure returns (uint256) {
        uint256 paid = mul(price, delta);
        uint256 t;
        if (paid > 0) {
            (bool fits, uint256 product) = Math.tryMul(paid, reserve);
            t = fits ? div(product, mul(target, target)) : div(mul(div(mul(delta, reserve), target), price), target);
        }
        return div(mul(reserve, t), add(t, ONE));
    }
}
