// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { DodoClassicalMath } from "./DodoClassicalMath.sol";
import { DodoClassicalShares } from "./DodoClassicalShares.sol";
import { DodoClassicalVault } from "./DodoClassicalVault.sol";
import { DodoMath } from "./DodoMath.sol";

/// @notice Receives the output of a trade before it is paid for.
interface IDodoClassicalTrader {
    function dodoCall(bool isBuyBaseToken, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external;
}

/// @title DodoClassicalPool
/// @notice Twin of DODO's first pool (1.0.1): priced by an oracle, with liquidity on each side apart.
/// @dev Twin of DODOEX/dodo-smart-contract `dodo.sol`, `impl/{Trader,LiquidityProvider}.sol`.
///
/// Reproduces: base is sold for an exact amount and bought to an exact amount, and quote is sold by nobody; fees are taken
/// from the output, DODO's is paid out and the liquidity providers' raises the target; the output leaves before the
/// callback and the input is pulled after it; the penalty on a withdrawal of what the pool is short of; checks in their
/// order with `TRADE_NOT_ALLOWED`, `SELLING_NOT_ALLOWED`, `BUYING_NOT_ALLOWED`, `GAS_PRICE_EXCEED`,
/// `SELL_BASE_RECEIVE_NOT_ENOUGH`, `BUY_BASE_COST_TOO_MUCH`, `DEPOSIT_BASE_NOT_ALLOWED`, `DEPOSIT_QUOTE_NOT_ALLOWED`,
/// `NO_BASE_LP`, `NO_QUOTE_LP`, `LP_BASE_CAPITAL_BALANCE_NOT_ENOUGH`, `LP_QUOTE_CAPITAL_BALANCE_NOT_ENOUGH`,
/// `PENALTY_EXCEED`, `DODO_INITIALIZED`; events and their order.
///
/// Leaves out: what DodoClassicalVault leaves out.
contract DodoClassicalPool is DodoClassicalVault {
    using DodoMath for uint256;

    bool private _initialized;

    event SellBaseToken(address indexed seller, uint256 payBase, uint256 receiveQuote);
    event BuyBaseToken(address indexed buyer, uint256 receiveBase, uint256 payQuote);
    event ChargeMaintainerFee(address indexed maintainer, bool isBaseToken, uint256 amount);
    event Deposit(
        address indexed payer,
        address indexed receiver,
        bool isBaseToken,
        uint256 amount,
        uint256 lpTokenAmount
    );
    event Withdraw(
        address indexed payer,
        address indexed receiver,
        bool isBaseToken,
        uint256 amount,
        uint256 lpTokenAmount
    );
    event ChargePenalty(address indexed payer, bool isBaseToken, uint256 amount);

    /// @dev What a trade moves: `received` and `cost` are the trader's, the fees are in the token that leaves.
    struct Trade {
        uint256 received;
        uint256 cost;
        uint256 lpFee;
        uint256 mtFee;
        uint256 newBaseTarget;
        uint256 newQuoteTarget;
        DodoMath.RState newR;
    }

    modifier tradeAllowed() {
        require(_TRADE_ALLOWED_, "TRADE_NOT_ALLOWED");
        _;
    }

    modifier gasPriceLimit() {
        require(tx.gasprice <= _GAS_PRICE_LIMIT_, "GAS_PRICE_EXCEED");
        _;
    }

    modifier sellingAllowed() {
        require(_SELLING_ALLOWED_, "SELLING_NOT_ALLOWED");
        _;
    }

    modifier buyingAllowed() {
        require(_BUYING_ALLOWED_, "BUYING_NOT_ALLOWED");
        _;
    }

    function init(
        address owner,
        address supervisor,
        address maintainer,
        address baseToken,
        address quoteToken,
        address oracle,
        uint256 lpFeeRate,
        uint256 mtFeeRate,
        uint256 k,
        uint256 gasPriceLimit_
    ) external {
        require(!_initialized, "DODO_INITIALIZED");
        _initialized = true;
        _setOwner(owner);
        _SUPERVISOR_ = supervisor;
        _MAINTAINER_ = maintainer;
        _BASE_TOKEN_ = baseToken;
        _QUOTE_TOKEN_ = quoteToken;
        _ORACLE_ = oracle;
        _GAS_PRICE_LIMIT_ = gasPriceLimit_;
        _BUYING_ALLOWED_ = true;
        _SELLING_ALLOWED_ = true;
        _BASE_BALANCE_LIMIT_ = type(uint256).max;
        _QUOTE_BALANCE_LIMIT_ = type(uint256).max;
        _LP_FEE_RATE_ = lpFeeRate;
        _MT_FEE_RATE_ = mtFeeRate;
        _K_ = k;
        _BASE_CAPITAL_TOKEN_ = address(new DodoClassicalShares(baseToken));
        _QUOTE_CAPITAL_TOKEN_ = address(new DodoClassicalShares(quoteToken));
        _requireParameters();
    }

    /* TRADES */

    function sellBaseToken(
        uint256 amount,
        uint256 minReceiveQuote,
        bytes calldata data
    ) external tradeAllowed sellingAllowed gasPriceLimit preventReentrant returns (uint256) {
        Trade memory trade = _sale(amount);
        require(trade.received >= minReceiveQuote, "SELL_BASE_RECEIVE_NOT_ENOUGH");

        _payQuote(msg.sender, trade.received);
        if (data.length > 0) IDodoClassicalTrader(msg.sender).dodoCall(false, amount, trade.received, data);
        _takeBase(amount);
        if (trade.mtFee != 0) {
            _payQuote(_MAINTAINER_, trade.mtFee);
            emit ChargeMaintainerFee(_MAINTAINER_, false, trade.mtFee);
        }
        _move(trade);
        _donateQuote(trade.lpFee);
        emit SellBaseToken(msg.sender, amount, trade.received);
        return trade.received;
    }

    function buyBaseToken(
        uint256 amount,
        uint256 maxPayQuote,
        bytes calldata data
    ) external tradeAllowed buyingAllowed gasPriceLimit preventReentrant returns (uint256) {
        Trade memory trade = _purchase(amount);
        require(trade.cost <= maxPayQuote, "BUY_BASE_COST_TOO_MUCH");

        _payBase(msg.sender, amount);
        if (data.length > 0) IDodoClassicalTrader(msg.sender).dodoCall(true, amount, trade.cost, data);
        _takeQuote(trade.cost);
        if (trade.mtFee != 0) {
            _payBase(_MAINTAINER_, trade.mtFee);
            emit ChargeMaintainerFee(_MAINTAINER_, true, trade.mtFee);
        }
        _move(trade);
        _donateBase(trade.lpFee);
        emit BuyBaseToken(msg.sender, amount, trade.cost);
        return trade.cost;
    }

    function querySellBaseToken(uint256 amount) external view returns (uint256) {
        return _sale(amount).received;
    }

    function queryBuyBaseToken(uint256 amount) external view returns (uint256) {
        return _purchase(amount).cost;
    }

    function _sale(uint256 amount) private view returns (Trade memory trade) {
        DodoMath.PMMState memory state = _state();
        uint256 gross;
        (gross, trade.newR) = DodoClassicalMath.sellBase(state, amount);
        trade.cost = amount;
        trade.lpFee = gross.mulWadDown(_LP_FEE_RATE_);
        trade.mtFee = gross.mulWadDown(_MT_FEE_RATE_);
        trade.received = gross.sub(trade.lpFee).sub(trade.mtFee);
        (trade.newBaseTarget, trade.newQuoteTarget) = (state.B0, state.Q0);
    }

    function _purchase(uint256 amount) private view returns (Trade memory trade) {
        DodoMath.PMMState memory state = _state();
        trade.received = amount;
        trade.lpFee = amount.mulWadDown(_LP_FEE_RATE_);
        trade.mtFee = amount.mulWadDown(_MT_FEE_RATE_);
        (trade.cost, trade.newR) = DodoClassicalMath.buyBase(state, amount.add(trade.lpFee).add(trade.mtFee));
        (trade.newBaseTarget, trade.newQuoteTarget) = (state.B0, state.Q0);
    }

    function _move(Trade memory trade) private {
        _TARGET_BASE_TOKEN_AMOUNT_ = trade.newBaseTarget;
        _TARGET_QUOTE_TOKEN_AMOUNT_ = trade.newQuoteTarget;
        _R_STATUS_ = trade.newR;
    }

    /* LIQUIDITY */

    function depositBase(uint256 amount) external returns (uint256) {
        return depositBaseTo(msg.sender, amount);
    }

    function depositQuote(uint256 amount) external returns (uint256) {
        return depositQuoteTo(msg.sender, amount);
    }

    function withdrawBase(uint256 amount) external returns (uint256) {
        return withdrawBaseTo(msg.sender, amount);
    }

    function withdrawQuote(uint256 amount) external returns (uint256) {
        return withdrawQuoteTo(msg.sender, amount);
    }

    function withdrawAllBase() external returns (uint256) {
        return withdrawAllBaseTo(msg.sender);
    }

    function withdrawAllQuote() external returns (uint256) {
        return withdrawAllQuoteTo(msg.sender);
    }

    function depositQuoteTo(address to, uint256 amount) public preventReentrant returns (uint256 capital) {
        require(_DEPOSIT_QUOTE_ALLOWED_, "DEPOSIT_QUOTE_NOT_ALLOWED");
        (, uint256 quoteTarget) = getExpectedTarget();
        capital = _capitalFor(amount, getTotalQuoteCapital(), quoteTarget);
        _takeQuote(amount);
        DodoClassicalShares(_QUOTE_CAPITAL_TOKEN_).mint(to, capital);
        _TARGET_QUOTE_TOKEN_AMOUNT_ = _TARGET_QUOTE_TOKEN_AMOUNT_.add(amount);
        emit Deposit(msg.sender, to, false, amount, capital);
    }

    function depositBaseTo(address to, uint256 amount) public preventReentrant returns (uint256 capital) {
        require(_DEPOSIT_BASE_ALLOWED_, "DEPOSIT_BASE_NOT_ALLOWED");
        (uint256 baseTarget, ) = getExpectedTarget();
        capital = _capitalFor(amount, getTotalBaseCapital(), baseTarget);
        _takeBase(amount);
        DodoClassicalShares(_BASE_CAPITAL_TOKEN_).mint(to, capital);
        _TARGET_BASE_TOKEN_AMOUNT_ = _TARGET_BASE_TOKEN_AMOUNT_.add(amount);
        emit Deposit(msg.sender, to, true, amount, capital);
    }

    function withdrawQuoteTo(address to, uint256 amount) public preventReentrant notClosed returns (uint256) {
        (, uint256 quoteTarget) = getExpectedTarget();
        uint256 totalCapital = getTotalQuoteCapital();
        require(totalCapital > 0, "NO_QUOTE_LP");
        uint256 capital = amount.mul(totalCapital).divUp(quoteTarget);
        require(capital <= getQuoteCapitalBalanceOf(msg.sender), "LP_QUOTE_CAPITAL_BALANCE_NOT_ENOUGH");
        uint256 penalty = getWithdrawQuotePenalty(amount);
        // Unlike on the other side, a penalty that takes all is refused.
        require(penalty < amount, "PENALTY_EXCEED");
        return _withdrawQuote(to, amount, capital, penalty, amount - penalty);
    }

    function withdrawBaseTo(address to, uint256 amount) public preventReentrant notClosed returns (uint256) {
        (uint256 baseTarget, ) = getExpectedTarget();
        uint256 totalCapital = getTotalBaseCapital();
        require(totalCapital > 0, "NO_BASE_LP");
        uint256 capital = amount.mul(totalCapital).divUp(baseTarget);
        require(capital <= getBaseCapitalBalanceOf(msg.sender), "LP_BASE_CAPITAL_BALANCE_NOT_ENOUGH");
        uint256 penalty = getWithdrawBasePenalty(amount);
        require(penalty <= amount, "PENALTY_EXCEED");
        return _withdrawBase(to, amount, capital, penalty, amount - penalty);
    }

    function withdrawAllQuoteTo(address to) public preventReentrant notClosed returns (uint256) {
        uint256 amount = getLpQuoteBalance(msg.sender);
        uint256 capital = getQuoteCapitalBalanceOf(msg.sender);
        uint256 penalty = getWithdrawQuotePenalty(amount);
        require(penalty <= amount, "PENALTY_EXCEED");
        return _withdrawQuote(to, amount, capital, penalty, amount);
    }

    function withdrawAllBaseTo(address to) public preventReentrant notClosed returns (uint256) {
        uint256 amount = getLpBaseBalance(msg.sender);
        uint256 capital = getBaseCapitalBalanceOf(msg.sender);
        uint256 penalty = getWithdrawBasePenalty(amount);
        require(penalty <= amount, "PENALTY_EXCEED");
        return _withdrawBase(to, amount, capital, penalty, amount);
    }

    function getLpBaseBalance(address lp) public view returns (uint256) {
        uint256 totalCapital = getTotalBaseCapital();
        (uint256 baseTarget, ) = getExpectedTarget();
        return totalCapital == 0 ? 0 : getBaseCapitalBalanceOf(lp).mul(baseTarget).div(totalCapital);
    }

    function getLpQuoteBalance(address lp) public view returns (uint256) {
        uint256 totalCapital = getTotalQuoteCapital();
        (, uint256 quoteTarget) = getExpectedTarget();
        return totalCapital == 0 ? 0 : getQuoteCapitalBalanceOf(lp).mul(quoteTarget).div(totalCapital);
    }

    /// @notice Returns what a withdrawal of quote pays to those who stay while the pool is short of quote.
    function getWithdrawQuotePenalty(uint256 amount) public view returns (uint256) {
        require(amount <= _QUOTE_BALANCE_, "DODO_QUOTE_BALANCE_NOT_ENOUGH");
        if (_R_STATUS_ != DodoMath.RState.BELOW_ONE) return 0;
        uint256 fair = _BASE_BALANCE_.sub(_TARGET_BASE_TOKEN_AMOUNT_).mulWadDown(getOraclePrice());
        return _penalty(_QUOTE_BALANCE_, amount, fair);
    }

    /// @notice Returns what a withdrawal of base pays to those who stay while the pool is short of base.
    function getWithdrawBasePenalty(uint256 amount) public view returns (uint256) {
        require(amount <= _BASE_BALANCE_, "DODO_BASE_BALANCE_NOT_ENOUGH");
        if (_R_STATUS_ != DodoMath.RState.ABOVE_ONE) return 0;
        uint256 fair = _QUOTE_BALANCE_.sub(_TARGET_QUOTE_TOKEN_AMOUNT_).divWadDown(getOraclePrice());
        return _penalty(_BASE_BALANCE_, amount, fair);
    }

    function _penalty(uint256 reserve, uint256 amount, uint256 fair) private view returns (uint256) {
        uint256 target = DodoClassicalMath.target(reserve, _K_, fair);
        return target.sub(DodoClassicalMath.target(reserve - amount, _K_, fair).add(amount));
    }

    function _capitalFor(uint256 amount, uint256 totalCapital, uint256 target) private pure returns (uint256) {
        // The first deposit gets what the ones before it left behind.
        if (totalCapital == 0) return amount.add(target);
        return target > 0 ? amount.mul(totalCapital).div(target) : amount;
    }

    function _withdrawQuote(
        address to,
        uint256 amount,
        uint256 capital,
        uint256 penalty,
        uint256 shown
    ) private returns (uint256 paid) {
        paid = amount - penalty;
        _TARGET_QUOTE_TOKEN_AMOUNT_ = _TARGET_QUOTE_TOKEN_AMOUNT_.sub(amount);
        DodoClassicalShares(_QUOTE_CAPITAL_TOKEN_).burn(msg.sender, capital);
        _payQuote(to, paid);
        _donateQuote(penalty);
        emit Withdraw(msg.sender, to, false, shown, capital);
        emit ChargePenalty(msg.sender, false, penalty);
    }

    function _withdrawBase(
        address to,
        uint256 amount,
        uint256 capital,
        uint256 penalty,
        uint256 shown
    ) private returns (uint256 paid) {
        paid = amount - penalty;
        _TARGET_BASE_TOKEN_AMOUNT_ = _TARGET_BASE_TOKEN_AMOUNT_.sub(amount);
        DodoClassicalShares(_BASE_CAPITAL_TOKEN_).burn(msg.sender, capital);
        _payBase(to, paid);
        _donateBase(penalty);
        emit Withdraw(msg.sender, to, true, shown, capital);
        emit ChargePenalty(msg.sender, true, penalty);
    }
}
