// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { WooAccess } from "./WooAccess.sol";
import { IWooPool } from "./WooPPV2.sol";
import { WooTransfer } from "./WooTransfer.sol";

/// @notice Wrapped ETH.
interface IWrappedEth {
    function deposit() external payable;
    function withdraw(uint256 amount) external;
}

/// @title WooRouterV2
/// @notice Twin of WOOFi's router: moves the input from the caller to the pool and swaps there.
/// @dev Reproduces: swap with native ETH under its placeholder on both sides, querySwap and tryQuerySwap, checks,
/// strings and events, ETH accepted from WETH and whitelisted senders only.
/// Leaves out: externalSwap (whitelisted third-party swaps), rescue of stuck tokens.
contract WooRouterV2 is WooAccess {
    /// @dev The second kind is that of externalSwap.
    enum SwapType {
        WooSwap,
        DodoSwap
    }

    address private constant ETH_PLACEHOLDER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    address public immutable WETH;
    IWooPool public wooPool;
    mapping(address account => bool) public isWhitelisted;
    address public quoteToken;

    event WooRouterSwap(
        SwapType swapType,
        address indexed fromToken,
        address indexed toToken,
        uint256 fromAmount,
        uint256 toAmount,
        address from,
        address indexed to,
        address rebateTo
    );
    event WooPoolChanged(address newPool);

    constructor(address weth, address pool) {
        require(weth != address(0), "WooRouter: weth_ZERO_ADDR");
        WETH = weth;
        if (pool != address(0)) setPool(pool);
    }

    receive() external payable {
        require(msg.sender == WETH || isWhitelisted[msg.sender], "!sender");
    }

    /// @notice Swaps `fromAmount` of the caller's `fromToken`, at least `minToAmount` of `toToken` going to `to`.
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address payable to,
        address rebateTo
    ) external payable nonReentrant returns (uint256 realToAmount) {
        require(fromToken != address(0), "WooRouter: !fromToken");
        require(toToken != address(0), "WooRouter: !toToken");
        require(to != address(0), "WooRouter: !to");
        address tokenIn = _wrapped(fromToken);
        address tokenOut = _wrapped(toToken);

        if (fromToken == ETH_PLACEHOLDER) {
            require(fromAmount == msg.value, "WooRouter: !msg.value");
            IWrappedEth(WETH).deposit{ value: msg.value }();
            WooTransfer.push(WETH, address(wooPool), fromAmount);
        } else {
            require(msg.value == 0, "WooRouter: !msg.value");
            WooTransfer.pull(tokenIn, msg.sender, address(wooPool), fromAmount);
        }

        if (toToken == ETH_PLACEHOLDER) {
            realToAmount = wooPool.swap(tokenIn, tokenOut, fromAmount, minToAmount, address(this), rebateTo);
            IWrappedEth(WETH).withdraw(realToAmount);
            WooTransfer.pushEth(to, realToAmount);
        } else {
            realToAmount = wooPool.swap(tokenIn, tokenOut, fromAmount, minToAmount, to, rebateTo);
        }
        emit WooRouterSwap(SwapType.WooSwap, fromToken, toToken, fromAmount, realToAmount, msg.sender, to, rebateTo);
    }

    /// @notice Returns what a swap would pay, or reverts where the pool's reserve is too small.
    function querySwap(address fromToken, address toToken, uint256 fromAmount) external view returns (uint256) {
        require(fromToken != address(0), "WooRouter: !fromToken");
        require(toToken != address(0), "WooRouter: !toToken");
        return wooPool.query(_wrapped(fromToken), _wrapped(toToken), fromAmount);
    }

    /// @notice Returns what a swap would pay if the pool's reserve were large enough.
    function tryQuerySwap(address fromToken, address toToken, uint256 fromAmount) external view returns (uint256) {
        if (fromToken == address(0) || toToken == address(0)) return 0;
        return wooPool.tryQuery(_wrapped(fromToken), _wrapped(toToken), fromAmount);
    }

    /// @notice Lets `account` send ETH to the router, or not.
    function setWhitelisted(address account, bool whitelisted) external onlyOwner {
        require(account != address(0), "WooRouter: target_ADDR_ZERO");
        isWhitelisted[account] = whitelisted;
    }

    /// @notice Sets the pool to swap with.
    function setPool(address newPool) public onlyOwner {
        wooPool = IWooPool(newPool);
        quoteToken = wooPool.quoteToken();
        require(quoteToken != address(0), "WooRouter: quoteToken_ADDR_ZERO");
        emit WooPoolChanged(newPool);
    }

    function _wrapped(address token) private view returns (address) {
        return token == ETH_PLACEHOLDER ? WETH : token;
    }
}
