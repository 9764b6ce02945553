// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoMath } from "./DodoMath.sol";
import { DodoPool } from "./DodoPool.sol";

/// @title DodoTargets
/// @notice What DODO's stable and private pools have in common: stored targets and a stored state of R.
/// @dev Reproduces: a target is stored only when the state of R changes, with the side that was sold; `RChange`;
/// `OVERFLOW` for a target above 112 bits; queries return four values.
/// Leaves out: what DodoPool leaves out.
abstract contract DodoTargets is DodoPool {
    uint112 public _BASE_TARGET_;
    uint112 public _QUOTE_TARGET_;
    uint32 public _RState_;

    event RChange(DodoMath.RState newRState);

    function querySellBase(
        address trader,
        uint256 payBaseAmount
    )
        external
        view
        returns (uint256 receiveQuoteAmount, uint256 mtFee, DodoMath.RState newRState, uint256 newBaseTarget)
    {
        Trade memory trade = _tradeBase(trader, payBaseAmount);
        return (trade.received, trade.mtFee, trade.newR, trade.newTarget);
    }

    function querySellQuote(
        address trader,
        uint256 payQuoteAmount
    )
        external
        view
        returns (uint256 receiveBaseAmount, uint256 mtFee, DodoMath.RState newRState, uint256 newQuoteTarget)
    {
        Trade memory trade = _tradeQuote(trader, payQuoteAmount);
        return (trade.received, trade.mtFee, trade.newR, trade.newTarget);
    }

    function _storedState() internal view override returns (DodoMath.PMMState memory) {
        return
            DodoMath.PMMState({
                i: _I_,
                K: _K_,
                B: _BASE_RESERVE_,
                Q: _QUOTE_RESERVE_,
                B0: _BASE_TARGET_,
                Q0: _QUOTE_TARGET_,
                R: DodoMath.RState(_RState_)
            });
    }

    function _moveBaseTarget(DodoMath.RState newR, uint256 newTarget) internal override {
        if (_move(newR, newTarget)) _BASE_TARGET_ = uint112(newTarget);
    }

    function _moveQuoteTarget(DodoMath.RState newR, uint256 newTarget) internal override {
        if (_move(newR, newTarget)) _QUOTE_TARGET_ = uint112(newTarget);
    }

    function _move(DodoMath.RState newR, uint256 newTarget) private returns (bool changed) {
        if (_RState_ == uint32(newR)) return false;
        require(newTarget <= type(uint112).max, "OVERFLOW");
        _RState_ = uint32(newR);
        emit RChange(newR);
        return true;
    }
}
