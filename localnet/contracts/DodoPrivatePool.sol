// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoErc20 } from "./DodoErc20.sol";
import { DodoMath } from "./DodoMath.sol";
import { DodoOwnable } from "./DodoOwnable.sol";
import { DodoTargets } from "./DodoTargets.sol";

/// @notice Receives a flash loan of a private pool.
interface IDodoPrivatePoolBorrower {
    function DPPFlashLoanCall(address sender, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external;
}

/// @title DodoPrivatePool
/// @notice Twin of DODO's private pool (DPP 1.0.0): one owner provides the liquidity and may set the price at any time.
/// @dev Reproduces: `init` with `k` before `i`, targets equal to the balances after `init` and `reset`, `ratioSync`,
/// `retrieve`, `DODO_INITIALIZED`, `NOT_OWNER`, `BASE_QUOTE_CAN_NOT_BE_SAME`, `LP_FEE_RATE_OUT_OF_RANGE`,
/// `K_OUT_OF_RANGE`, `I_OUT_OF_RANGE`, `RESERVE_AMOUNT_IS_NOT_ENOUGH`, `USE_RESET`, events.
/// Leaves out: the variants "Advanced" and "Oracle", and what DodoTargets leaves out.
contract DodoPrivatePool is DodoOwnable, DodoTargets {
    event LpFeeRateChange(uint256 newLpFeeRate);

    function init(
        address owner,
        address maintainer,
        address baseToken,
        address quoteToken,
        uint256 lpFeeRate,
        address mtFeeRateModel,
        uint256 k,
        uint256 i,
        bool isOpenTwap
    ) external {
        initOwner(owner);
        require(baseToken != quoteToken, "BASE_QUOTE_CAN_NOT_BE_SAME");
        _BASE_TOKEN_ = baseToken;
        _QUOTE_TOKEN_ = quoteToken;
        _MAINTAINER_ = maintainer;
        _MT_FEE_RATE_MODEL_ = mtFeeRateModel;
        _setCurve(lpFeeRate, i, k);
        _openTwap(isOpenTwap);
        _resetTargets();
    }

    /// @notice Sets fee, price and curvature, takes out liquidity and restarts at R = 1.
    function reset(
        address assetTo,
        uint256 newLpFeeRate,
        uint256 newI,
        uint256 newK,
        uint256 baseOutAmount,
        uint256 quoteOutAmount,
        uint256 minBaseReserve,
        uint256 minQuoteReserve
    ) external preventReentrant onlyOwner returns (bool) {
        require(_BASE_RESERVE_ >= minBaseReserve && _QUOTE_RESERVE_ >= minQuoteReserve, "RESERVE_AMOUNT_IS_NOT_ENOUGH");
        _setCurve(newLpFeeRate, newI, newK);
        _pay(_BASE_TOKEN_, assetTo, baseOutAmount);
        _pay(_QUOTE_TOKEN_, assetTo, quoteOutAmount);
        _resetTargets();
        emit LpFeeRateChange(newLpFeeRate);
        return true;
    }

    /// @notice Makes the balances the reserves and scales the targets with them.
    function ratioSync() external preventReentrant onlyOwner {
        uint256 baseBalance = _balance(_BASE_TOKEN_);
        uint256 quoteBalance = _balance(_QUOTE_TOKEN_);
        require(baseBalance <= type(uint112).max && quoteBalance <= type(uint112).max, "OVERFLOW");
        if (baseBalance != _BASE_RESERVE_) {
            _BASE_TARGET_ = uint112(DodoMath.div(DodoMath.mul(_BASE_TARGET_, baseBalance), _BASE_RESERVE_));
        }
        if (quoteBalance != _QUOTE_RESERVE_) {
            _QUOTE_TARGET_ = uint112(DodoMath.div(DodoMath.mul(_QUOTE_TARGET_, quoteBalance), _QUOTE_RESERVE_));
        }
        _setReserve(baseBalance, quoteBalance);
    }

    /// @notice Pays out a token that the pool does not trade.
    function retrieve(address to, address token, uint256 amount) external preventReentrant onlyOwner {
        require(token != _BASE_TOKEN_ && token != _QUOTE_TOKEN_, "USE_RESET");
        DodoErc20.pay(token, to, amount);
    }

    function version() external pure returns (string memory) {
        return "DPP 1.0.0";
    }

    function _setCurve(uint256 lpFeeRate, uint256 i, uint256 k) private {
        require(lpFeeRate <= DodoMath.ONE, "LP_FEE_RATE_OUT_OF_RANGE");
        require(k <= DodoMath.ONE, "K_OUT_OF_RANGE");
        require(i > 0 && i <= DodoMath.ONE_SQUARED, "I_OUT_OF_RANGE");
        _LP_FEE_RATE_ = lpFeeRate;
        _K_ = k;
        _I_ = i;
    }

    function _resetTargets() private {
        uint256 baseBalance = _balance(_BASE_TOKEN_);
        uint256 quoteBalance = _balance(_QUOTE_TOKEN_);
        require(baseBalance <= type(uint112).max && quoteBalance <= type(uint112).max, "OVERFLOW");
        _BASE_TARGET_ = uint112(baseBalance);
        _QUOTE_TARGET_ = uint112(quoteBalance);
        _RState_ = uint32(DodoMath.RState.ONE);
        _setReserve(baseBalance, quoteBalance);
    }

    function _callBack(address to, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) internal override {
        IDodoPrivatePoolBorrower(to).DPPFlashLoanCall(msg.sender, baseAmount, quoteAmount, data);
    }
}
