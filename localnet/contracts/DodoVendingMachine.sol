// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoMath } from "./DodoMath.sol";
import { DodoShares } from "./DodoShares.sol";

/// @notice Receives a flash loan of a vending machine.
interface IDodoVendingMachineBorrower {
    function DVMFlashLoanCall(address sender, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external;
}

/// @title DodoVendingMachine
/// @notice Twin of DODO's vending machine (DVM 1.0.2): a public pool that sells one token along a curve starting at `i`.
/// @dev Reproduces: R is always above one, the quote target is 0 and the base target follows from the reserves; queries
/// return two values; `DVM_INITIALIZED`, `MINT_INVALID`.
/// Leaves out: what DodoPool and DodoShares leave out.
contract DodoVendingMachine is DodoShares {
    function querySellBase(
        address trader,
        uint256 payBaseAmount
    ) external view returns (uint256 receiveQuoteAmount, uint256 mtFee) {
        Trade memory trade = _tradeBase(trader, payBaseAmount);
        return (trade.received, trade.mtFee);
    }

    function querySellQuote(
        address trader,
        uint256 payQuoteAmount
    ) external view returns (uint256 receiveBaseAmount, uint256 mtFee) {
        Trade memory trade = _tradeQuote(trader, payQuoteAmount);
        return (trade.received, trade.mtFee);
    }

    function version() external pure returns (string memory) {
        return "DVM 1.0.2";
    }

    function _storedState() internal view override returns (DodoMath.PMMState memory) {
        return
            DodoMath.PMMState({
                i: _I_,
                K: _K_,
                B: _BASE_RESERVE_,
                Q: _QUOTE_RESERVE_,
                B0: 0,
                Q0: 0,
                R: DodoMath.RState.ABOVE_ONE
            });
    }

    // The targets are not stored.
    function _moveBaseTarget(DodoMath.RState, uint256) internal override {}
    function _moveQuoteTarget(DodoMath.RState, uint256) internal override {}
    function _shrinkTargets(uint256, uint256) internal override {}

    function _callBack(address to, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) internal override {
        IDodoVendingMachineBorrower(to).DVMFlashLoanCall(msg.sender, baseAmount, quoteAmount, data);
    }

    function _firstShares(uint256 baseBalance, uint256) internal pure override returns (uint256) {
        require(baseBalance > 2001, "MINT_AMOUNT_NOT_ENOUGH");
        return baseBalance;
    }

    function _furtherShares(uint256 baseInput, uint256 quoteInput) internal view override returns (uint256) {
        if (_BASE_RESERVE_ == 0) return 0;
        if (_QUOTE_RESERVE_ == 0) return DodoMath.mul(baseInput, totalSupply) / _BASE_RESERVE_;
        return DodoMath.mulWadDown(totalSupply, _mintRatio(baseInput, quoteInput));
    }

    function _words() internal pure override returns (Words memory) {
        return
            Words({
                initialized: "DVM_INITIALIZED",
                mintTooLittle: "MINT_INVALID",
                expired: "DODO_DVM_LP: EXPIRED",
                invalidSignature: "DODO_DVM_LP: INVALID_SIGNATURE"
            });
    }
}
