// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { DodoClassicalMath } from "./DodoClassicalMath.sol";
import { DodoClassicalOwnable, DodoClassicalShares } from "./DodoClassicalShares.sol";
import { DodoErc20 } from "./DodoErc20.sol";
import { DodoMath } from "./DodoMath.sol";

/// @notice Where a classical pool gets its price: quote units per base unit, with 18 decimals.
interface IDodoPriceOracle {
    function getPrice() external view returns (uint256);
}

/// @title DodoClassicalVault
/// @notice What a classical pool is configured with and holds, and what it is settled with.
/// @dev Twin of DODOEX/dodo-smart-contract `impl/{Storage,Admin,Settlement}.sol` and the views of `impl/Pricing.sol`.
///
/// Reproduces: balances that the pool counts itself, so that tokens sent to it are not its own; the switches of owner and
/// supervisor; limits; donations, which raise a target; the last settlement; all getters; `K>=1`, `K=0`, `FEE_RATE>=1`,
/// `NOT_SUPERVISOR_OR_OWNER`, `DODO_CLOSED`, `DODO_NOT_CLOSED`, `ALREADY_CLAIMED`, `REENTRANT`,
/// `BASE_BALANCE_LIMIT_EXCEEDED`, `QUOTE_BALANCE_LIMIT_EXCEEDED`, `DODO_BASE_BALANCE_NOT_ENOUGH`,
/// `DODO_QUOTE_BALANCE_NOT_ENOUGH`; events and their order.
///
/// Leaves out: the storage layout.
abstract contract DodoClassicalVault is DodoClassicalOwnable {
    using DodoMath for uint256;

    /* CONFIGURATION */

    bool public _CLOSED_;
    bool public _DEPOSIT_QUOTE_ALLOWED_;
    bool public _DEPOSIT_BASE_ALLOWED_;
    bool public _TRADE_ALLOWED_;
    bool public _BUYING_ALLOWED_;
    bool public _SELLING_ALLOWED_;
    bool private _entered;
    uint256 public _GAS_PRICE_LIMIT_;
    uint256 public _BASE_BALANCE_LIMIT_;
    uint256 public _QUOTE_BALANCE_LIMIT_;
    address public _SUPERVISOR_;
    address public _MAINTAINER_;
    address public _BASE_TOKEN_;
    address public _QUOTE_TOKEN_;
    address public _ORACLE_;
    uint256 public _LP_FEE_RATE_;
    uint256 public _MT_FEE_RATE_;
    uint256 public _K_;

    /* STATE */

    DodoMath.RState public _R_STATUS_;
    uint256 public _TARGET_BASE_TOKEN_AMOUNT_;
    uint256 public _TARGET_QUOTE_TOKEN_AMOUNT_;
    uint256 public _BASE_BALANCE_;
    uint256 public _QUOTE_BALANCE_;
    address public _BASE_CAPITAL_TOKEN_;
    address public _QUOTE_CAPITAL_TOKEN_;
    uint256 public _BASE_CAPITAL_RECEIVE_QUOTE_;
    uint256 public _QUOTE_CAPITAL_RECEIVE_BASE_;
    mapping(address user => bool) public _CLAIMED_;

    event UpdateGasPriceLimit(uint256 oldGasPriceLimit, uint256 newGasPriceLimit);
    event UpdateLiquidityProviderFeeRate(uint256 oldLiquidityProviderFeeRate, uint256 newLiquidityProviderFeeRate);
    event UpdateMaintainerFeeRate(uint256 oldMaintainerFeeRate, uint256 newMaintainerFeeRate);
    event UpdateK(uint256 oldK, uint256 newK);
    event Donate(uint256 amount, bool isBaseToken);
    event ClaimAssets(address indexed user, uint256 baseTokenAmount, uint256 quoteTokenAmount);

    modifier onlySupervisorOrOwner() {
        require(msg.sender == _SUPERVISOR_ || msg.sender == _OWNER_, "NOT_SUPERVISOR_OR_OWNER");
        _;
    }

    modifier notClosed() {
        require(!_CLOSED_, "DODO_CLOSED");
        _;
    }

    modifier preventReentrant() {
        require(!_entered, "REENTRANT");
        _entered = true;
        _;
        _entered = false;
    }

    /* ADMINISTRATION */

    function setOracle(address newOracle) external onlyOwner {
        _ORACLE_ = newOracle;
    }

    function setSupervisor(address newSupervisor) external onlyOwner {
        _SUPERVISOR_ = newSupervisor;
    }

    function setMaintainer(address newMaintainer) external onlyOwner {
        _MAINTAINER_ = newMaintainer;
    }

    function setLiquidityProviderFeeRate(uint256 newRate) external onlyOwner {
        emit UpdateLiquidityProviderFeeRate(_LP_FEE_RATE_, newRate);
        _LP_FEE_RATE_ = newRate;
        _requireParameters();
    }

    function setMaintainerFeeRate(uint256 newRate) external onlyOwner {
        emit UpdateMaintainerFeeRate(_MT_FEE_RATE_, newRate);
        _MT_FEE_RATE_ = newRate;
        _requireParameters();
    }

    function setK(uint256 newK) external onlyOwner {
        emit UpdateK(_K_, newK);
        _K_ = newK;
        _requireParameters();
    }

    function setGasPriceLimit(uint256 newLimit) external onlySupervisorOrOwner {
        emit UpdateGasPriceLimit(_GAS_PRICE_LIMIT_, newLimit);
        _GAS_PRICE_LIMIT_ = newLimit;
    }

    function disableTrading() external onlySupervisorOrOwner {
        _TRADE_ALLOWED_ = false;
    }

    function enableTrading() external onlyOwner notClosed {
        _TRADE_ALLOWED_ = true;
    }

    function disableQuoteDeposit() external onlySupervisorOrOwner {
        _DEPOSIT_QUOTE_ALLOWED_ = false;
    }

    function enableQuoteDeposit() external onlyOwner notClosed {
        _DEPOSIT_QUOTE_ALLOWED_ = true;
    }

    function disableBaseDeposit() external onlySupervisorOrOwner {
        _DEPOSIT_BASE_ALLOWED_ = false;
    }

    function enableBaseDeposit() external onlyOwner notClosed {
        _DEPOSIT_BASE_ALLOWED_ = true;
    }

    function disableBuying() external onlySupervisorOrOwner {
        _BUYING_ALLOWED_ = false;
    }

    function enableBuying() external onlyOwner notClosed {
        _BUYING_ALLOWED_ = true;
    }

    function disableSelling() external onlySupervisorOrOwner {
        _SELLING_ALLOWED_ = false;
    }

    function enableSelling() external onlyOwner notClosed {
        _SELLING_ALLOWED_ = true;
    }

    function setBaseBalanceLimit(uint256 newLimit) external onlyOwner notClosed {
        _BASE_BALANCE_LIMIT_ = newLimit;
    }

    function setQuoteBalanceLimit(uint256 newLimit) external onlyOwner notClosed {
        _QUOTE_BALANCE_LIMIT_ = newLimit;
    }

    function _requireParameters() internal view {
        require(_K_ < DodoMath.ONE, "K>=1");
        require(_K_ > 0, "K=0");
        require(_LP_FEE_RATE_.add(_MT_FEE_RATE_) < DodoMath.ONE, "FEE_RATE>=1");
    }

    /* VIEWS */

    function version() external pure returns (uint256) {
        return 101;
    }

    function getOraclePrice() public view returns (uint256) {
        return IDodoPriceOracle(_ORACLE_).getPrice();
    }

    /// @notice Returns the targets, the one of the token in surplus moved to where the pool would be back at R = 1.
    function getExpectedTarget() public view returns (uint256 baseTarget, uint256 quoteTarget) {
        // At R = 1 no price is asked for.
        if (_R_STATUS_ == DodoMath.RState.ONE) return (_TARGET_BASE_TOKEN_AMOUNT_, _TARGET_QUOTE_TOKEN_AMOUNT_);
        DodoMath.PMMState memory state = _state();
        return (state.B0, state.Q0);
    }

    function getMidPrice() external view returns (uint256) {
        return DodoClassicalMath.midPrice(_state());
    }

    function getBaseCapitalBalanceOf(address lp) public view returns (uint256) {
        return DodoClassicalShares(_BASE_CAPITAL_TOKEN_).balanceOf(lp);
    }

    function getTotalBaseCapital() public view returns (uint256) {
        return DodoClassicalShares(_BASE_CAPITAL_TOKEN_).totalSupply();
    }

    function getQuoteCapitalBalanceOf(address lp) public view returns (uint256) {
        return DodoClassicalShares(_QUOTE_CAPITAL_TOKEN_).balanceOf(lp);
    }

    function getTotalQuoteCapital() public view returns (uint256) {
        return DodoClassicalShares(_QUOTE_CAPITAL_TOKEN_).totalSupply();
    }

    /// @dev The pool as its market maker sees it, with adjusted targets.
    function _state() internal view returns (DodoMath.PMMState memory state) {
        state = DodoMath.PMMState({
            i: getOraclePrice(),
            K: _K_,
            B: _BASE_BALANCE_,
            Q: _QUOTE_BALANCE_,
            B0: _TARGET_BASE_TOKEN_AMOUNT_,
            Q0: _TARGET_QUOTE_TOKEN_AMOUNT_,
            R: _R_STATUS_
        });
        DodoClassicalMath.adjustTarget(state);
    }

    /* DONATIONS AND SETTLEMENT */

    function donateBaseToken(uint256 amount) external preventReentrant {
        _takeBase(amount);
        _donateBase(amount);
    }

    function donateQuoteToken(uint256 amount) external preventReentrant {
        _takeQuote(amount);
        _donateQuote(amount);
    }

    /// @notice Closes the pool for good. Surplus goes to the liquidity providers of the other side.
    function finalSettlement() external onlyOwner notClosed {
        _CLOSED_ = true;
        _DEPOSIT_QUOTE_ALLOWED_ = false;
        _DEPOSIT_BASE_ALLOWED_ = false;
        _TRADE_ALLOWED_ = false;
        uint256 baseCapital = getTotalBaseCapital();
        uint256 quoteCapital = getTotalQuoteCapital();
        if (_QUOTE_BALANCE_ > _TARGET_QUOTE_TOKEN_AMOUNT_) {
            _BASE_CAPITAL_RECEIVE_QUOTE_ = (_QUOTE_BALANCE_ - _TARGET_QUOTE_TOKEN_AMOUNT_).divWadDown(baseCapital);
        } else {
            _TARGET_QUOTE_TOKEN_AMOUNT_ = _QUOTE_BALANCE_;
        }
        if (_BASE_BALANCE_ > _TARGET_BASE_TOKEN_AMOUNT_) {
            _QUOTE_CAPITAL_RECEIVE_BASE_ = (_BASE_BALANCE_ - _TARGET_BASE_TOKEN_AMOUNT_).divWadDown(quoteCapital);
        } else {
            _TARGET_BASE_TOKEN_AMOUNT_ = _BASE_BALANCE_;
        }
        _R_STATUS_ = DodoMath.RState.ONE;
    }

    /// @notice Pays the caller's part of a closed pool.
    function claimAssets() external preventReentrant {
        require(_CLOSED_, "DODO_NOT_CLOSED");
        require(!_CLAIMED_[msg.sender], "ALREADY_CLAIMED");
        _CLAIMED_[msg.sender] = true;
        uint256 quoteCapital = getQuoteCapitalBalanceOf(msg.sender);
        uint256 baseCapital = getBaseCapitalBalanceOf(msg.sender);
        uint256 quoteAmount;
        uint256 baseAmount;
        if (quoteCapital > 0) {
            quoteAmount = _TARGET_QUOTE_TOKEN_AMOUNT_.mul(quoteCapital).div(getTotalQuoteCapital());
        }
        if (baseCapital > 0) {
            baseAmount = _TARGET_BASE_TOKEN_AMOUNT_.mul(baseCapital).div(getTotalBaseCapital());
        }
        _TARGET_QUOTE_TOKEN_AMOUNT_ = _TARGET_QUOTE_TOKEN_AMOUNT_.sub(quoteAmount);
        _TARGET_BASE_TOKEN_AMOUNT_ = _TARGET_BASE_TOKEN_AMOUNT_.sub(baseAmount);
        quoteAmount = quoteAmount.add(baseCapital.mulWadDown(_BASE_CAPITAL_RECEIVE_QUOTE_));
        baseAmount = baseAmount.add(quoteCapital.mulWadDown(_QUOTE_CAPITAL_RECEIVE_BASE_));
        _payBase(msg.sender, baseAmount);
        _payQuote(msg.sender, quoteAmount);
        DodoClassicalShares(_BASE_CAPITAL_TOKEN_).burn(msg.sender, baseCapital);
        DodoClassicalShares(_QUOTE_CAPITAL_TOKEN_).burn(msg.sender, quoteCapital);
        emit ClaimAssets(msg.sender, baseAmount, quoteAmount);
    }

    /// @notice Pays out what was sent to the pool and is not its own.
    function retrieve(address token, uint256 amount) external onlyOwner {
        if (token == _BASE_TOKEN_) {
            require(_held(token) >= _BASE_BALANCE_.add(amount), "DODO_BASE_BALANCE_NOT_ENOUGH");
        }
        if (token == _QUOTE_TOKEN_) {
            require(_held(token) >= _QUOTE_BALANCE_.add(amount), "DODO_QUOTE_BALANCE_NOT_ENOUGH");
        }
        DodoErc20.pay(token, msg.sender, amount);
    }

    function _held(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    function _takeBase(uint256 amount) internal {
        require(_BASE_BALANCE_.add(amount) <= _BASE_BALANCE_LIMIT_, "BASE_BALANCE_LIMIT_EXCEEDED");
        DodoErc20.take(_BASE_TOKEN_, msg.sender, address(this), amount);
        _BASE_BALANCE_ = _BASE_BALANCE_.add(amount);
    }

    function _takeQuote(uint256 amount) internal {
        require(_QUOTE_BALANCE_.add(amount) <= _QUOTE_BALANCE_LIMIT_, "QUOTE_BALANCE_LIMIT_EXCEEDED");
        DodoErc20.take(_QUOTE_TOKEN_, msg.sender, address(this), amount);
        _QUOTE_BALANCE_ = _QUOTE_BALANCE_.add(amount);
    }

    function _payBase(address to, uint256 amount) internal {
        DodoErc20.pay(_BASE_TOKEN_, to, amount);
        _BASE_BALANCE_ = _BASE_BALANCE_.sub(amount);
    }

    function _payQuote(address to, uint256 amount) internal {
        DodoErc20.pay(_QUOTE_TOKEN_, to, amount);
        _QUOTE_BALANCE_ = _QUOTE_BALANCE_.sub(amount);
    }

    function _donateBase(uint256 amount) internal {
        _TARGET_BASE_TOKEN_AMOUNT_ = _TARGET_BASE_TOKEN_AMOUNT_.add(amount);
        emit Donate(amount, true);
    }

    function _donateQuote(uint256 amount) internal {
        _TARGET_QUOTE_TOKEN_AMOUNT_ = _TARGET_QUOTE_TOKEN_AMOUNT_.add(amount);
        emit Donate(amount, false);
    }
}
