// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoMath } from "./DodoMath.sol";
import { DodoShares } from "./DodoShares.sol";
import { DodoTargets } from "./DodoTargets.sol";

/// @notice Receives a flash loan of a stable pool.
interface IDodoStablePoolBorrower {
    function DSPFlashLoanCall(address sender, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external;
}

/// @title DodoStablePool
/// @notice Twin of DODO's stable pool (DSP 1.0.1): a public pool with targets, around the price `i`.
/// @dev Reproduces: targets set by the first shares and scaled by the others, `correctRState`, `DSP_INITIALIZED`,
/// `ZERO_QUOTE_AMOUNT`, `QUOTE_TARGET_IS_ZERO`, `MINT_AMOUNT_NOT_ENOUGH`.
/// Leaves out: what DodoPool, DodoShares and DodoTargets leave out.
contract DodoStablePool is DodoShares, DodoTargets {
    /// @notice Restarts at R = 1 when the reserve in surplus has fallen below its target.
    function correctRState() external {
        if (_RState_ == uint32(DodoMath.RState.BELOW_ONE) && _BASE_RESERVE_ < _BASE_TARGET_) _restart();
        if (_RState_ == uint32(DodoMath.RState.ABOVE_ONE) && _QUOTE_RESERVE_ < _QUOTE_TARGET_) _restart();
    }

    function version() external pure returns (string memory) {
        return "DSP 1.0.1";
    }

    function _restart() private {
        _RState_ = uint32(DodoMath.RState.ONE);
        _BASE_TARGET_ = _BASE_RESERVE_;
        _QUOTE_TARGET_ = _QUOTE_RESERVE_;
    }

    function _callBack(address to, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) internal override {
        IDodoStablePoolBorrower(to).DSPFlashLoanCall(msg.sender, baseAmount, quoteAmount, data);
    }

    function _firstShares(uint256 baseBalance, uint256 quoteBalance) internal override returns (uint256 shares) {
        require(quoteBalance > 0, "ZERO_QUOTE_AMOUNT");
        shares =
            quoteBalance < DodoMath.mulWadDown(baseBalance, _I_) ? DodoMath.divWadDown(quoteBalance, _I_) : baseBalance;
        _BASE_TARGET_ = uint112(shares);
        _QUOTE_TARGET_ = uint112(DodoMath.mulWadDown(shares, _I_));
        require(shares > 2001, "MINT_AMOUNT_NOT_ENOUGH");
        require(_QUOTE_TARGET_ > 0, "QUOTE_TARGET_IS_ZERO");
    }

    function _furtherShares(uint256 baseInput, uint256 quoteInput) internal override returns (uint256) {
        if (_BASE_RESERVE_ == 0 || _QUOTE_RESERVE_ == 0) return 0;
        uint256 ratio = _mintRatio(baseInput, quoteInput);
        _BASE_TARGET_ = uint112(_BASE_TARGET_ + DodoMath.mulWadDown(_BASE_TARGET_, ratio));
        _QUOTE_TARGET_ = uint112(_QUOTE_TARGET_ + DodoMath.mulWadDown(_QUOTE_TARGET_, ratio));
        return DodoMath.mulWadDown(totalSupply, ratio);
    }

    function _shrinkTargets(uint256 shareAmount, uint256 totalShares) internal override {
        _BASE_TARGET_ = _shrink(_BASE_TARGET_, shareAmount, totalShares);
        _QUOTE_TARGET_ = _shrink(_QUOTE_TARGET_, shareAmount, totalShares);
    }

    function _shrink(uint256 target, uint256 shareAmount, uint256 totalShares) private pure returns (uint112) {
        return uint112(DodoMath.sub(target, DodoMath.divUp(DodoMath.mul(target, shareAmount), totalShares)));
    }

    function _words() internal pure override returns (Words memory) {
        return
            Words({
                initialized: "DSP_INITIALIZED",
                mintTooLittle: "MINT_AMOUNT_NOT_ENOUGH",
                expired: "DODO_DSP_LP: EXPIRED",
                invalidSignature: "DODO_DSP_LP: INVALID_SIGNATURE"
            });
    }
}
