// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { DodoMath } from "./DodoMath.sol";

/// @title DodoClassicalMath
/// @notice The proactive market maker of DODO's first generation.
/// @dev Twin of DODOEX/dodo-smart-contract `lib/DODOMath.sol` with the trades of `impl/{Pricing,Trader}.sol`, and of
/// DODOEX/contractV2 `SmartRoute/helper/DODOSellHelper.sol`.
///
/// Reproduces: every floor and ceiling in the order of the original, where the curve is the later generations' and the
/// rounding is not; the cap that keeps a return to the target from paying more than the surplus, which the helper does not
/// have; `DODO_BASE_BALANCE_NOT_ENOUGH`, and the strings of DodoMath.
///
/// Leaves out: nothing that is called.
library DodoClassicalMath {
    using DodoMath for uint256;

    uint256 private constant ONE = DodoMath.ONE;

    /// @notice Moves the target of the token that is in surplus to where the pool would be back at R = 1.
    function adjustTarget(DodoMath.PMMState memory state) internal pure {
        if (state.R == DodoMath.RState.BELOW_ONE) {
            uint256 fair = state.B.sub(state.B0).mulWadDown(state.i);
            state.Q0 = state.Q.add(target(state.Q, state.K, fair).sub(state.Q));
        } else if (state.R == DodoMath.RState.ABOVE_ONE) {
            uint256 fair = state.Q.sub(state.Q0).divWadDown(state.i);
            state.B0 = state.B.add(target(state.B, state.K, fair).sub(state.B));
        }
    }

    /// @notice Returns what `amount` of base pays in quote, before fees, and the state of R afterwards.
    function sellBase(
        DodoMath.PMMState memory state,
        uint256 amount
    ) internal pure returns (uint256 received, DodoMath.RState newR) {
        if (state.R == DodoMath.RState.ONE) {
            return (_out(state.Q0, state.Q0, state.i.mulWadDown(amount), state.K), DodoMath.RState.BELOW_ONE);
        }
        if (state.R == DodoMath.RState.BELOW_ONE) {
            return (_out(state.Q0, state.Q, state.i.mulWadDown(amount), state.K), DodoMath.RState.BELOW_ONE);
        }
        uint256 toEven = state.B0.sub(state.B);
        uint256 surplus = state.Q.sub(state.Q0);
        if (amount == toEven) return (surplus, DodoMath.RState.ONE);
        if (amount > toEven) {
            received = _out(state.Q0, state.Q0, state.i.mulWadDown(amount - toEven), state.K);
            return (surplus.add(received), DodoMath.RState.BELOW_ONE);
        }
        received = _area(state.B0, state.B.add(amount), state.B, state.i, state.K);
        return (received > surplus ? surplus : received, DodoMath.RState.ABOVE_ONE);
    }

    /// @notice Returns what it costs in quote that `amount` of base leaves the curve, and the state of R afterwards.
    function buyBase(
        DodoMath.PMMState memory state,
        uint256 amount
    ) internal pure returns (uint256 cost, DodoMath.RState newR) {
        if (state.R == DodoMath.RState.ONE) return (_cost(state, state.B0, amount), DodoMath.RState.ABOVE_ONE);
        if (state.R == DodoMath.RState.ABOVE_ONE) return (_cost(state, state.B, amount), DodoMath.RState.ABOVE_ONE);
        uint256 toEven = state.Q0.sub(state.Q);
        uint256 surplus = state.B.sub(state.B0);
        if (amount == surplus) return (toEven, DodoMath.RState.ONE);
        if (amount > surplus) {
            return (toEven.add(_cost(state, state.B0, amount - surplus)), DodoMath.RState.ABOVE_ONE);
        }
        uint256 fair = DodoMath.divUp(state.i.mul(amount), ONE);
        return (_in(state.Q0, state.Q, fair, state.K), DodoMath.RState.BELOW_ONE);
    }

    /// @notice Returns what the sell helper says that `amount` of quote buys in base, before fees.
    function sellQuote(DodoMath.PMMState memory state, uint256 amount) internal pure returns (uint256) {
        uint256 price = ONE.divWadDown(state.i);
        if (state.R == DodoMath.RState.ONE) {
            return _out(state.B0, state.B0, price.mulWadDown(amount), state.K);
        }
        if (state.R == DodoMath.RState.ABOVE_ONE) {
            return _out(state.B0, state.B, price.mulWadDown(amount), state.K);
        }
        uint256 surplus = state.B.sub(state.B0);
        uint256 toEven = state.Q0.sub(state.Q);
        if (amount <= toEven) return _area(state.Q0, state.Q.add(amount), state.Q, price, state.K);
        return surplus.add(_out(state.B0, state.B0, price.mulWadDown(amount - toEven), state.K));
    }

    /// @notice Returns the price of the next unit of base in quote, with 18 decimals. The targets are adjusted.
    function midPrice(DodoMath.PMMState memory state) internal pure returns (uint256) {
        if (state.R == DodoMath.RState.BELOW_ONE) {
            return state.i.divWadDown(_steepness(state.Q, state.Q0, state.K));
        }
        return state.i.mulWadDown(_steepness(state.B, state.B0, state.K));
    }

    /// @notice Returns the target from which a trade worth `fair` leads to `reserve`, down:
    /// reserve (1 + (√(1 + 4 k fair / reserve) - 1) / 2k).
    function target(uint256 reserve, uint256 k, uint256 fair) internal pure returns (uint256) {
        uint256 ratio = k.mulWadDown(fair).mul(4).divWadUp(reserve);
        uint256 root = Math.sqrt(ratio.add(ONE).mul(ONE));
        return reserve.mulWadDown(ONE.add(root.sub(ONE).divWadUp(k.mul(2))));
    }

    /// @dev What it costs to take `amount` from a reserve of base that is at or below its target.
    function _cost(DodoMath.PMMState memory state, uint256 reserve, uint256 amount) private pure returns (uint256) {
        require(amount < reserve, "DODO_BASE_BALANCE_NOT_ENOUGH");
        return _area(state.B0, reserve, reserve - amount, state.i, state.K);
    }

    /// @dev Area under the curve from `to` up to `from`: price (from - to) (1 - k + k target² / (from · to)), with the
    /// ratio rounded up and both products down.
    function _area(uint256 target_, uint256 from, uint256 to, uint256 price, uint256 k) private pure returns (uint256) {
        uint256 fair = price.mulWadDown(from.sub(to));
        uint256 ratio = target_.mul(target_).div(from).divWadUp(to);
        return fair.mulWadDown(ONE.sub(k).add(k.mulWadDown(ratio)));
    }

    /// @dev What leaves `reserve` when as much as is worth `fair` of it comes in.
    function _out(uint256 target_, uint256 reserve, uint256 fair, uint256 k) private pure returns (uint256) {
        uint256 penalty = k.mulWadDown(target_).mul(target_).div(reserve).add(fair);
        uint256 flat = ONE.sub(k).mulWadDown(reserve);
        return reserve.sub(_root(flat, penalty, target_, k).divWadUp(ONE.sub(k).mul(2)));
    }

    /// @dev What comes into `reserve` when as much as is worth `fair` of it leaves.
    function _in(uint256 target_, uint256 reserve, uint256 fair, uint256 k) private pure returns (uint256) {
        uint256 penalty = k.mulWadDown(target_).mul(target_).div(reserve);
        uint256 flat = ONE.sub(k).mulWadDown(reserve).add(fair);
        return _root(flat, penalty, target_, k).divWadDown(ONE.sub(k).mul(2)).sub(reserve);
    }

    /// @dev 2 (1 - k) V of the positive root V of (1 - k) V² - (flat - penalty) V - k target² = 0.
    function _root(uint256 flat, uint256 penalty, uint256 target_, uint256 k) private pure returns (uint256) {
        bool positive = flat >= penalty;
        uint256 b = positive ? flat - penalty : penalty - flat;
        uint256 square = ONE.sub(k).mul(4).mulWadDown(k.mulWadDown(target_).mul(target_));
        uint256 root = Math.sqrt(b.mul(b).add(square));
        return positive ? b.add(root) : root.sub(b);
    }

    /// @dev 1 - k + k (target / reserve)², with 18 decimals.
    function _steepness(uint256 reserve, uint256 target_, uint256 k) private pure returns (uint256) {
        uint256 ratioSquared = target_.mul(target_).div(reserve).divWadDown(reserve);
        return ONE.sub(k).add(k.mulWadDown(ratioSquared));
    }
}
