// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { WooAccess } from "./WooAccess.sol";
import { WooTransfer } from "./WooTransfer.sol";
import { IWooracle } from "./WooracleV2_2_1.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @notice What the router asks of the pool.
interface IWooPool {
    function quoteToken() external view returns (address);
    function tryQuery(address fromToken, address toToken, uint256 fromAmount) external view returns (uint256);
    function query(address fromToken, address toToken, uint256 fromAmount) external view returns (uint256);
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address to,
        address rebateTo
    ) external returns (uint256);
}

/// @dev The values of the pool in the storage slots that they have on Arbitrum, before those of WooAccess.
abstract contract WooPPV2Storage is IWooPool {
    /// @notice Caps and fee of one token. Both caps are 0 until they are set, and then nothing can be swapped.
    struct TokenInfo {
        uint192 reserve;
        /// In units of 1e-5.
        uint16 feeRate;
        /// Largest price impact of one swap, scaled by 1e18.
        uint128 maxGamma;
        /// Largest swap in units of the quote token.
        uint128 maxNotionalSwap;
    }

    /// @notice Fees taken and not claimed, in the quote token. They are part of the raw balance, not of the reserve.
    uint256 public unclaimedFee;
    /// @notice A transaction at this gas price or above cannot swap.
    uint256 public maxGasPrice = 1_000 gwei;
    mapping(address account => bool) public isAdmin;
    mapping(address token => TokenInfo) public tokenInfos;
    address public override quoteToken;
    IWooracle public wooracle;
    address public feeAddr;
    mapping(address account => bool) public isPauseRole;
}

/// @title WooPPV2
/// @notice Twin of WOOFi's pool on Arbitrum, generation 2.2: one quote token against any number of base tokens, at the
/// price of the oracle less spread and impact, the price after the swap posted back to the oracle.
/// @dev Reproduces: swap, query and tryQuery with their arithmetic, checks, strings and events; reserves, fees and caps;
/// pause; deposit, withdrawal, skim and sync; the gate on the gas price that the deployed pool has and the published
/// source has not (its string, its setter and its first value are ours); the storage slots of the values.
/// Leaves out: the proxy, lending managers, migration, rescue of stuck tokens.
contract WooPPV2 is WooPPV2Storage, WooAccess {
    /// @dev Powers of ten.
    struct DecimalInfo {
        uint64 priceDec;
        uint64 quoteDec;
        uint64 baseDec;
    }

    uint256 private constant ONE = 1e18;
    uint256 private constant FEE_BASE = 1e5;

    event Deposit(address indexed token, address indexed sender, uint256 amount);
    event Withdraw(address indexed token, address indexed receiver, uint256 amount);
    event AdminUpdated(address indexed addr, bool flag);
    event PauseRoleUpdated(address indexed addr, bool flag);
    event FeeAddrUpdated(address indexed newFeeAddr);
    event WooracleUpdated(address indexed newWooracle);
    event WooSwap(
        address indexed fromToken,
        address indexed toToken,
        uint256 fromAmount,
        uint256 toAmount,
        address from,
        address indexed to,
        address rebateTo,
        uint256 swapVol,
        uint256 swapFee
    );

    constructor(address quote) {
        quoteToken = quote;
    }

    modifier onlyAdmin() {
        require(msg.sender == owner() || isAdmin[msg.sender], "WooPPV2: !admin");
        _;
    }

    /* SWAPS */

    /// @inheritdoc IWooPool
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address to,
        address rebateTo
    ) external override returns (uint256) {
        require(maxGasPrice > tx.gasprice, "WooPPV2: !maxGasPrice");
        if (fromToken == quoteToken) return _sellQuote(toToken, fromAmount, minToAmount, to, rebateTo);
        if (toToken == quoteToken) return _sellBase(fromToken, fromAmount, minToAmount, to, rebateTo);
        return _swapBaseToBase(fromToken, toToken, fromAmount, minToAmount, to, rebateTo);
    }

    /// @inheritdoc IWooPool
    function tryQuery(
        address fromToken,
        address toToken,
        uint256 fromAmount
    ) external view override returns (uint256 toAmount) {
        (toAmount, ) = _quote(fromToken, toToken, fromAmount);
    }

    /// @inheritdoc IWooPool
    function query(
        address fromToken,
        address toToken,
        uint256 fromAmount
    ) external view override returns (uint256 toAmount) {
        uint256 baseToBaseFee;
        (toAmount, baseToBaseFee) = _quote(fromToken, toToken, fromAmount);
        require(baseToBaseFee <= tokenInfos[quoteToken].reserve, "WooPPV2: INSUFF_QUOTE_FOR_SWAPFEE");
        require(toAmount <= tokenInfos[toToken].reserve, "WooPPV2: INSUFF_BALANCE");
    }

    /// @notice Returns the reserve of `token`.
    function poolSize(address token) external view returns (uint256) {
        return tokenInfos[token].reserve;
    }

    /// @notice Returns what the pool holds of `token`, without unclaimed fees.
    function balance(address token) public view returns (uint256) {
        (bool success, bytes memory answer) = token.staticcall(abi.encodeCall(IERC20.balanceOf, (address(this))));
        require(success && answer.length >= 32, "WooPPV2: !BALANCE");
        uint256 raw = abi.decode(answer, (uint256));
        return token == quoteToken ? raw - unclaimedFee : raw;
    }

    /// @notice Returns one unit of price, quote token and base token.
    function decimalInfo(address baseToken) public view returns (DecimalInfo memory) {
        return
            DecimalInfo({
                priceDec: uint64(10) ** wooracle.decimals(baseToken),
                quoteDec: uint64(10) ** IERC20Metadata(quoteToken).decimals(),
                baseDec: uint64(10) ** IERC20Metadata(baseToken).decimals()
            });
    }

    /* ADMINISTRATION */

    /// @notice Sets oracle and fee receiver once.
    function init(address oracle, address feeReceiver) external onlyOwner {
        require(address(wooracle) == address(0), "WooPPV2: INIT_INVALID");
        wooracle = IWooracle(oracle);
        feeAddr = feeReceiver;
    }

    /// @notice Sends the unclaimed fees to their receiver.
    function claimFee() external nonReentrant {
        require(feeAddr != address(0), "WooPPV2: !feeAddr");
        uint256 amount = unclaimedFee;
        unclaimedFee = 0;
        WooTransfer.push(quoteToken, feeAddr, amount);
    }

    /// @notice Sets the gas price from which on nothing can be swapped.
    function setMaxGasPrice(uint256 newPrice) external onlyAdmin {
        maxGasPrice = newPrice;
    }

    /// @notice Sets the oracle.
    function setWooracle(address oracle) external onlyAdmin {
        wooracle = IWooracle(oracle);
        emit WooracleUpdated(oracle);
    }

    /// @notice Sets who receives the fees.
    function setFeeAddr(address feeReceiver) external onlyAdmin {
        feeAddr = feeReceiver;
        emit FeeAddrUpdated(feeReceiver);
    }

    /// @notice Sets the fee of `token` in units of 1e-5.
    function setFeeRate(address token, uint16 rate) external onlyAdmin {
        require(rate <= FEE_BASE, "!rate");
        tokenInfos[token].feeRate = rate;
    }

    /// @notice Sets the largest price impact of one swap of `token`.
    function setMaxGamma(address token, uint128 maxGamma) external onlyAdmin {
        tokenInfos[token].maxGamma = maxGamma;
    }

    /// @notice Sets the largest swap of `token`.
    function setMaxNotionalSwap(address token, uint128 maxNotionalSwap) external onlyAdmin {
        tokenInfos[token].maxNotionalSwap = maxNotionalSwap;
    }

    /// @notice Sets fee and caps of `token`.
    function setTokenInfo(address token, uint16 feeRate, uint128 maxGamma, uint128 maxNotionalSwap) external onlyAdmin {
        TokenInfo storage info = tokenInfos[token];
        info.feeRate = feeRate;
        info.maxGamma = maxGamma;
        info.maxNotionalSwap = maxNotionalSwap;
    }

    /// @notice Stops queries and swaps.
    function pause() external {
        require(msg.sender == owner() || isAdmin[msg.sender] || isPauseRole[msg.sender], "WooPPV2: !isPauseRole");
        _pause();
    }

    /// @notice Lets queries and swaps run again.
    function unpause() external onlyAdmin {
        _unpause();
    }

    /// @notice Returns whether queries and swaps are stopped.
    function paused() external view returns (bool) {
        return _isPaused();
    }

    /// @notice Makes `account` an admin, or not.
    function setAdmin(address account, bool flag) external onlyAdmin {
        require(account != address(0), "WooPPV2: !admin");
        isAdmin[account] = flag;
        emit AdminUpdated(account, flag);
    }

    /// @notice Lets `account` pause, or not.
    function setPauseRole(address account, bool flag) external onlyAdmin {
        isPauseRole[account] = flag;
        emit PauseRoleUpdated(account, flag);
    }

    /// @notice Takes `amount` of `token` from the caller into the reserve.
    function deposit(address token, uint256 amount) public nonReentrant onlyAdmin {
        uint256 before = balance(token);
        WooTransfer.pull(token, msg.sender, address(this), amount);
        require(balance(token) - before >= amount, "AMOUNT_INSUFF");
        tokenInfos[token].reserve = uint192(tokenInfos[token].reserve + amount);
        emit Deposit(token, msg.sender, amount);
    }

    /// @notice Takes all that the caller has of `token` into the reserve.
    function depositAll(address token) external onlyAdmin {
        deposit(token, IERC20(token).balanceOf(msg.sender));
    }

    /// @notice Sends `amount` of `token` from the reserve to the owner.
    function withdraw(address token, uint256 amount) public nonReentrant onlyAdmin {
        require(tokenInfos[token].reserve >= amount, "WooPPV2: !amount");
        tokenInfos[token].reserve = uint192(tokenInfos[token].reserve - amount);
        WooTransfer.push(token, owner(), amount);
        emit Withdraw(token, owner(), amount);
    }

    /// @notice Sends the whole reserve of `token` to the owner.
    function withdrawAll(address token) external onlyAdmin {
        withdraw(token, tokenInfos[token].reserve);
    }

    /// @notice Sends what the pool holds of `token` beyond the reserve to the owner.
    function skim(address token) external nonReentrant onlyAdmin {
        WooTransfer.push(token, owner(), balance(token) - tokenInfos[token].reserve);
    }

    /// @notice Makes all that the pool holds of `token` its reserve.
    function sync(address token) external nonReentrant onlyAdmin {
        tokenInfos[token].reserve = uint192(balance(token));
    }

    /* SWAPS, WITH THEIR EFFECTS */

    function _sellBase(
        address base,
        uint256 baseAmount,
        uint256 minQuoteAmount,
        address to,
        address rebateTo
    ) private nonReentrant whenNotPaused returns (uint256 quoteAmount) {
        _requireBase(base, to);
        require(_surplus(base) >= baseAmount, "WooPPV2: !BASE");

        uint256 newPrice;
        (quoteAmount, newPrice) = _sellBaseAt(base, baseAmount, wooracle.state(base));
        wooracle.postPrice(base, uint128(newPrice));

        uint256 swapFee = _feeOf(quoteAmount, tokenInfos[base].feeRate);
        quoteAmount -= swapFee;
        require(quoteAmount >= minQuoteAmount, "WooPPV2: quoteAmount_LT_minQuoteAmount");

        unclaimedFee += swapFee;
        _increaseReserve(base, baseAmount);
        _decreaseReserve(quoteToken, quoteAmount + swapFee);

        if (to != address(this)) WooTransfer.push(quoteToken, to, quoteAmount);
        emit WooSwap(
            base,
            quoteToken,
            baseAmount,
            quoteAmount,
            msg.sender,
            to,
            rebateTo,
            quoteAmount + swapFee,
            swapFee
        );
    }

    function _sellQuote(
        address base,
        uint256 quoteAmount,
        uint256 minBaseAmount,
        address to,
        address rebateTo
    ) private nonReentrant whenNotPaused returns (uint256 baseAmount) {
        _requireBase(base, to);
        require(_surplus(quoteToken) >= quoteAmount, "WooPPV2: !QUOTE");

        uint256 swapFee = _feeOf(quoteAmount, tokenInfos[base].feeRate);
        quoteAmount -= swapFee;
        unclaimedFee += swapFee;

        uint256 newPrice;
        (baseAmount, newPrice) = _sellQuoteAt(base, quoteAmount, wooracle.state(base));
        wooracle.postPrice(base, uint128(newPrice));
        require(baseAmount >= minBaseAmount, "WooPPV2: baseAmount_LT_minBaseAmount");

        _decreaseReserve(base, baseAmount);
        _increaseReserve(quoteToken, quoteAmount);

        if (to != address(this)) WooTransfer.push(base, to, baseAmount);
        emit WooSwap(
            quoteToken,
            base,
            quoteAmount + swapFee,
            baseAmount,
            msg.sender,
            to,
            rebateTo,
            quoteAmount + swapFee,
            swapFee
        );
    }

    function _swapBaseToBase(
        address base1,
        address base2,
        uint256 base1Amount,
        uint256 minBase2Amount,
        address to,
        address rebateTo
    ) private nonReentrant whenNotPaused returns (uint256 base2Amount) {
        require(base1 != address(0) && base1 != quoteToken, "WooPPV2: !baseToken1");
        require(base2 != address(0) && base2 != quoteToken, "WooPPV2: !baseToken2");
        require(base1 != base2, "WooPPV2: base1==base2");
        require(to != address(0), "WooPPV2: !to");
        require(_surplus(base1) >= base1Amount, "WooPPV2: !BASE1_BALANCE");

        (IWooracle.State memory state1, IWooracle.State memory state2, uint16 feeRate) = _baseToBaseTerms(base1, base2);

        (uint256 quoteAmount, uint256 newPrice) = _sellBaseAt(base1, base1Amount, state1);
        wooracle.postPrice(base1, uint128(newPrice));

        uint256 swapFee = _feeOf(quoteAmount, feeRate);
        quoteAmount -= swapFee;
        unclaimedFee += swapFee;
        // Only the fee leaves the quote reserve: the quote amount goes out of the first leg and into the second.
        _decreaseReserve(quoteToken, swapFee);
        _increaseReserve(base1, base1Amount);

        (base2Amount, newPrice) = _sellQuoteAt(base2, quoteAmount, state2);
        wooracle.postPrice(base2, uint128(newPrice));
        require(base2Amount >= minBase2Amount, "WooPPV2: base2Amount_LT_minBase2Amount");
        _decreaseReserve(base2, base2Amount);

        if (to != address(this)) WooTransfer.push(base2, to, base2Amount);
        emit WooSwap(base1, base2, base1Amount, base2Amount, msg.sender, to, rebateTo, quoteAmount + swapFee, swapFee);
    }

    function _requireBase(address base, address to) private view {
        require(base != address(0), "WooPPV2: !baseToken");
        require(to != address(0), "WooPPV2: !to");
        require(base != quoteToken, "WooPPV2: baseToken==quoteToken");
    }

    function _surplus(address token) private view returns (uint256) {
        return balance(token) - tokenInfos[token].reserve;
    }

    function _increaseReserve(address token, uint256 amount) private {
        tokenInfos[token].reserve = uint192(tokenInfos[token].reserve + amount);
    }

    function _decreaseReserve(address token, uint256 amount) private {
        tokenInfos[token].reserve = uint192(tokenInfos[token].reserve - amount);
    }

    /* ARITHMETIC */

    /// @dev Returns the output, and the fee where it is not part of the output: of a swap of two base tokens.
    function _quote(
        address fromToken,
        address toToken,
        uint256 fromAmount
    ) private view whenNotPaused returns (uint256 toAmount, uint256 baseToBaseFee) {
        if (fromToken == quoteToken) {
            uint256 quoteAmount = fromAmount - _feeOf(fromAmount, tokenInfos[toToken].feeRate);
            (toAmount, ) = _sellQuoteAt(toToken, quoteAmount, wooracle.state(toToken));
        } else if (toToken == quoteToken) {
            (toAmount, ) = _sellBaseAt(fromToken, fromAmount, wooracle.state(fromToken));
            toAmount -= _feeOf(toAmount, tokenInfos[fromToken].feeRate);
        } else if (fromToken != address(0) && toToken != address(0)) {
            (IWooracle.State memory state1, IWooracle.State memory state2, uint16 feeRate) = _baseToBaseTerms(
                fromToken,
                toToken
            );
            (uint256 quoteAmount, ) = _sellBaseAt(fromToken, fromAmount, state1);
            baseToBaseFee = _feeOf(quoteAmount, feeRate);
            (toAmount, ) = _sellQuoteAt(toToken, quoteAmount - baseToBaseFee, state2);
        }
    }

    /// @dev Both legs pay half of the larger spread; the first pays the larger fee.
    function _baseToBaseTerms(
        address base1,
        address base2
    ) private view returns (IWooracle.State memory state1, IWooracle.State memory state2, uint16 feeRate) {
        state1 = wooracle.state(base1);
        state2 = wooracle.state(base2);
        uint64 spread = (state1.spread > state2.spread ? state1.spread : state2.spread) / 2;
        state1.spread = spread;
        state2.spread = spread;
        (uint16 rate1, uint16 rate2) = (tokenInfos[base1].feeRate, tokenInfos[base2].feeRate);
        feeRate = rate1 > rate2 ? rate1 : rate2;
    }

    /// @dev Returns quote = amount · price · (1 − gamma − spread) rounded down, before the fee, and the price after the
    /// swap price · (1 − gamma) rounded down, with gamma = coeff · amount · price.
    function _sellBaseAt(
        address base,
        uint256 baseAmount,
        IWooracle.State memory state
    ) private view returns (uint256 quoteAmount, uint256 newPrice) {
        DecimalInfo memory unit = _requireFeasible(base, state);
        uint256 value = baseAmount * state.price;
        uint256 notional = (value * unit.quoteDec) / unit.baseDec / unit.priceDec;
        require(notional <= tokenInfos[base].maxNotionalSwap, "WooPPV2: !maxNotionalValue");
        uint256 gamma = (value * state.coeff) / unit.priceDec / unit.baseDec;
        require(gamma <= tokenInfos[base].maxGamma, "WooPPV2: !gamma");
        quoteAmount = (((value * unit.quoteDec) / unit.priceDec) * (ONE - gamma - state.spread)) / ONE / unit.baseDec;
        newPrice = ((ONE - gamma) * state.price) / ONE;
    }

    /// @dev Returns base = amount ÷ price · (1 − gamma − spread) rounded down, for an amount net of the fee, and the
    /// price after the swap price ÷ (1 − gamma) rounded down, with gamma = coeff · amount.
    function _sellQuoteAt(
        address base,
        uint256 quoteAmount,
        IWooracle.State memory state
    ) private view returns (uint256 baseAmount, uint256 newPrice) {
        DecimalInfo memory unit = _requireFeasible(base, state);
        require(quoteAmount <= tokenInfos[base].maxNotionalSwap, "WooPPV2: !maxNotionalValue");
        uint256 gamma = (quoteAmount * state.coeff) / unit.quoteDec;
        require(gamma <= tokenInfos[base].maxGamma, "WooPPV2: !gamma");
        uint256 bought = (quoteAmount * unit.baseDec * unit.priceDec) / state.price;
        baseAmount = (bought * (ONE - gamma - state.spread)) / ONE / unit.quoteDec;
        newPrice = (ONE * state.price) / (ONE - gamma);
    }

    function _requireFeasible(address base, IWooracle.State memory state) private view returns (DecimalInfo memory) {
        require(state.woFeasible, "WooPPV2: !ORACLE_FEASIBLE");
        require(state.price > 0, "WooPPV2: !ORACE_PRICE");
        return decimalInfo(base);
    }

    function _feeOf(uint256 amount, uint16 feeRate) private pure returns (uint256) {
        return (amount * feeRate) / FEE_BASE;
    }
}
