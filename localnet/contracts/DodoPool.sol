// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { DodoErc20 } from "./DodoErc20.sol";
import { DodoMath } from "./DodoMath.sol";

/// @notice Answers the share of a trade that goes to DODO, with 18 decimals.
interface IDodoFeeRateModel {
    function getFeeRate(address trader) external view returns (uint256);
}

/// @title DodoPool
/// @notice What DODO's three pools have in common: reserves, input by balance, fees, swaps, flash loans, time-weighted price.
/// @dev Twin of the shared parts of DODOEX/contractV2 `DODO{VendingMachine,StablePool,PrivatePool}/impl`.
///
/// Reproduces: a swap sells the balance that exceeds the stored reserve, whoever sent it, and nothing in is nothing out
/// without a revert; the fee is asked for `tx.origin`; both fees are taken from the output, the maintainer's is paid out
/// and the liquidity provider's stays; reserves of 112 bits (`OVERFLOW`); `REENTRANT`; `FLASH_LOAN_FAILED`; events and
/// their order; the names of all getters.
///
/// Leaves out: the storage layout.
abstract contract DodoPool {
    uint256 private constant MAX_RESERVE = type(uint112).max;

    bool public _IS_OPEN_TWAP_;
    bool private _entered;
    address public _MAINTAINER_;
    address public _BASE_TOKEN_;
    address public _QUOTE_TOKEN_;
    uint112 public _BASE_RESERVE_;
    uint112 public _QUOTE_RESERVE_;
    uint32 public _BLOCK_TIMESTAMP_LAST_;
    uint256 public _BASE_PRICE_CUMULATIVE_LAST_;
    address public _MT_FEE_RATE_MODEL_;
    uint256 public _LP_FEE_RATE_;
    uint256 public _K_;
    uint256 public _I_;

    event DODOSwap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 toAmount,
        address trader,
        address receiver
    );
    event DODOFlashLoan(address borrower, address assetTo, uint256 baseAmount, uint256 quoteAmount);

    struct Trade {
        uint256 received;
        uint256 mtFee;
        DodoMath.RState newR;
        uint256 newTarget;
    }

    modifier preventReentrant() {
        require(!_entered, "REENTRANT");
        _entered = true;
        _;
        _entered = false;
    }

    /* SWAPS */

    function sellBase(address to) external preventReentrant returns (uint256 received) {
        uint256 balance = _balance(_BASE_TOKEN_);
        uint256 input = DodoMath.sub(balance, _BASE_RESERVE_);
        Trade memory trade = _tradeBase(tx.origin, input);
        received = trade.received;

        _pay(_QUOTE_TOKEN_, to, received);
        _pay(_QUOTE_TOKEN_, _MAINTAINER_, trade.mtFee);
        _moveBaseTarget(trade.newR, trade.newTarget);
        _setReserve(balance, _balance(_QUOTE_TOKEN_));
        emit DODOSwap(_BASE_TOKEN_, _QUOTE_TOKEN_, input, received, msg.sender, to);
    }

    function sellQuote(address to) external preventReentrant returns (uint256 received) {
        uint256 balance = _balance(_QUOTE_TOKEN_);
        uint256 input = DodoMath.sub(balance, _QUOTE_RESERVE_);
        Trade memory trade = _tradeQuote(tx.origin, input);
        received = trade.received;

        _pay(_BASE_TOKEN_, to, received);
        _pay(_BASE_TOKEN_, _MAINTAINER_, trade.mtFee);
        _moveQuoteTarget(trade.newR, trade.newTarget);
        _setReserve(_balance(_BASE_TOKEN_), balance);
        emit DODOSwap(_QUOTE_TOKEN_, _BASE_TOKEN_, input, received, msg.sender, to);
    }

    function flashLoan(
        uint256 baseAmount,
        uint256 quoteAmount,
        address assetTo,
        bytes calldata data
    ) external preventReentrant {
        _pay(_BASE_TOKEN_, assetTo, baseAmount);
        _pay(_QUOTE_TOKEN_, assetTo, quoteAmount);
        if (data.length > 0) _callBack(assetTo, baseAmount, quoteAmount, data);

        uint256 baseBalance = _balance(_BASE_TOKEN_);
        uint256 quoteBalance = _balance(_QUOTE_TOKEN_);
        require(baseBalance >= _BASE_RESERVE_ || quoteBalance >= _QUOTE_RESERVE_, "FLASH_LOAN_FAILED");

        // A side that comes back short was bought with the surplus of the other.
        if (baseBalance < _BASE_RESERVE_) {
            uint256 input = DodoMath.sub(quoteBalance, _QUOTE_RESERVE_);
            Trade memory trade = _tradeQuote(tx.origin, input);
            require(_BASE_RESERVE_ - baseBalance <= trade.received, "FLASH_LOAN_FAILED");
            _pay(_BASE_TOKEN_, _MAINTAINER_, trade.mtFee);
            _moveQuoteTarget(trade.newR, trade.newTarget);
            emit DODOSwap(_QUOTE_TOKEN_, _BASE_TOKEN_, input, trade.received, msg.sender, assetTo);
        }
        if (quoteBalance < _QUOTE_RESERVE_) {
            uint256 input = DodoMath.sub(baseBalance, _BASE_RESERVE_);
            Trade memory trade = _tradeBase(tx.origin, input);
            require(_QUOTE_RESERVE_ - quoteBalance <= trade.received, "FLASH_LOAN_FAILED");
            _pay(_QUOTE_TOKEN_, _MAINTAINER_, trade.mtFee);
            _moveBaseTarget(trade.newR, trade.newTarget);
            emit DODOSwap(_BASE_TOKEN_, _QUOTE_TOKEN_, input, trade.received, msg.sender, assetTo);
        }

        _sync();
        emit DODOFlashLoan(msg.sender, assetTo, baseAmount, quoteAmount);
    }

    /* VIEWS */

    function getPMMState() public view returns (DodoMath.PMMState memory state) {
        state = _storedState();
        DodoMath.adjustTarget(state);
    }

    function getPMMStateForCall()
        external
        view
        returns (uint256 i, uint256 K, uint256 B, uint256 Q, uint256 B0, uint256 Q0, uint256 R)
    {
        DodoMath.PMMState memory state = getPMMState();
        return (state.i, state.K, state.B, state.Q, state.B0, state.Q0, uint256(state.R));
    }

    function getMidPrice() public view returns (uint256) {
        return DodoMath.midPrice(getPMMState());
    }

    function getVaultReserve() external view returns (uint256 baseReserve, uint256 quoteReserve) {
        return (_BASE_RESERVE_, _QUOTE_RESERVE_);
    }

    function getUserFeeRate(address user) external view returns (uint256 lpFeeRate, uint256 mtFeeRate) {
        return (_LP_FEE_RATE_, IDodoFeeRateModel(_MT_FEE_RATE_MODEL_).getFeeRate(user));
    }

    function getBaseInput() external view returns (uint256) {
        return DodoMath.sub(_balance(_BASE_TOKEN_), _BASE_RESERVE_);
    }

    function getQuoteInput() external view returns (uint256) {
        return DodoMath.sub(_balance(_QUOTE_TOKEN_), _QUOTE_RESERVE_);
    }

    /* DIFFERENCES BETWEEN THE POOLS */

    /// @dev The state before `adjustTarget`.
    function _storedState() internal view virtual returns (DodoMath.PMMState memory);

    /// @dev Keeps the target and the state of R after base was sold.
    function _moveBaseTarget(DodoMath.RState newR, uint256 newTarget) internal virtual;

    /// @dev Keeps the target and the state of R after quote was sold.
    function _moveQuoteTarget(DodoMath.RState newR, uint256 newTarget) internal virtual;

    function _callBack(address to, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) internal virtual;

    /* ACCOUNTING */

    function _tradeBase(address trader, uint256 amount) internal view returns (Trade memory trade) {
        DodoMath.PMMState memory state = getPMMState();
        (trade.received, trade.newR) = DodoMath.sellBase(state, amount);
        _takeFees(trade, trader);
        trade.newTarget = state.B0;
    }

    function _tradeQuote(address trader, uint256 amount) internal view returns (Trade memory trade) {
        DodoMath.PMMState memory state = getPMMState();
        (trade.received, trade.newR) = DodoMath.sellQuote(state, amount);
        _takeFees(trade, trader);
        trade.newTarget = state.Q0;
    }

    function _takeFees(Trade memory trade, address trader) private view {
        uint256 mtFeeRate = IDodoFeeRateModel(_MT_FEE_RATE_MODEL_).getFeeRate(trader);
        uint256 gross = trade.received;
        trade.mtFee = DodoMath.mulWadDown(gross, mtFeeRate);
        trade.received = DodoMath.sub(DodoMath.sub(gross, DodoMath.mulWadDown(gross, _LP_FEE_RATE_)), trade.mtFee);
    }

    function _openTwap(bool isOpen) internal {
        _IS_OPEN_TWAP_ = isOpen;
        if (isOpen) _BLOCK_TIMESTAMP_LAST_ = uint32(block.timestamp);
    }

    function _setReserve(uint256 baseReserve, uint256 quoteReserve) internal {
        require(baseReserve <= MAX_RESERVE && quoteReserve <= MAX_RESERVE, "OVERFLOW");
        _BASE_RESERVE_ = uint112(baseReserve);
        _QUOTE_RESERVE_ = uint112(quoteReserve);
        if (_IS_OPEN_TWAP_) _accumulatePrice();
    }

    function _sync() internal {
        _setReserve(_balance(_BASE_TOKEN_), _balance(_QUOTE_TOKEN_));
    }

    function _accumulatePrice() internal {
        unchecked {
            uint32 elapsed = uint32(block.timestamp) - _BLOCK_TIMESTAMP_LAST_;
            if (elapsed > 0 && _BASE_RESERVE_ != 0 && _QUOTE_RESERVE_ != 0) {
                _BASE_PRICE_CUMULATIVE_LAST_ += getMidPrice() * elapsed;
            }
        }
        _BLOCK_TIMESTAMP_LAST_ = uint32(block.timestamp);
    }

    function _balance(address token) internal view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function _pay(address token, address to, uint256 amount) internal {
        if (amount > 0) DodoErc20.pay(token, to, amount);
    }
}
