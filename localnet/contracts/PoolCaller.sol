// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice What pools with concentrated liquidity have in common: Uniswap V3, PancakeSwap V3 and every generation of
/// Algebra with callbacks.
interface IConcentratedPool {
    function token0() external view returns (address);

    function token1() external view returns (address);

    function burn(
        int24 bottomTick,
        int24 topTick,
        uint128 liquidity
    ) external returns (uint256 amount0, uint256 amount1);

    function collect(
        address recipient,
        int24 bottomTick,
        int24 topTick,
        uint128 amount0Requested,
        uint128 amount1Requested
    ) external returns (uint128 amount0, uint128 amount1);

    function swap(
        address recipient,
        bool zeroToOne,
        int256 amountIn,
        uint160 limitSqrtPriceX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

/// @notice How Algebra adds a position.
interface IAlgebraMint {
    function mint(
        address sender,
        address recipient,
        int24 bottomTick,
        int24 topTick,
        uint128 liquidity,
        bytes calldata data
    ) external returns (uint256 amount0, uint256 amount1, uint128 liquidityActual);
}

/// @notice How Uniswap V3 and PancakeSwap V3 add a position.
interface IUniswapV3Mint {
    function mint(
        address recipient,
        int24 tickLower,
        int24 tickUpper,
        uint128 amount,
        bytes calldata data
    ) external returns (uint256 amount0, uint256 amount1);
}

/// @title PoolCaller
/// @notice Adds positions to pools with concentrated liquidity, removes them, and swaps, for the localnet and for tests:
/// such pools ask their caller for payment. No twin of anything.
/// @dev It owns the positions and pays for them with tokens that it already holds. Anyone can make it spend them:
/// Warning: it is not meant to hold value.
contract PoolCaller {
    using SafeERC20 for IERC20;

    /// @notice Liquidity between two ticks.
    struct Position {
        int24 bottomTick;
        int24 topTick;
        uint128 liquidity;
    }

    /// @dev The pool that may ask for tokens, for as long as a call of it lasts.
    address private _called;

    /// @notice Thrown when a callback comes from anything but the pool that is called.
    error NotCalled(address caller);

    modifier calling(address pool) {
        _called = pool;
        _;
        _called = address(0);
    }

    /// @notice Adds `positions` to a pool of Algebra.
    function addToAlgebra(address pool, Position[] calldata positions) external calling(pool) {
        for (uint256 i = 0; i < positions.length; ++i) {
            Position calldata each = positions[i];
            IAlgebraMint(pool).mint(
                address(this),
                address(this),
                each.bottomTick,
                each.topTick,
                each.liquidity,
                abi.encode(address(this))
            );
        }
    }

    /// @notice Adds `positions` to a pool of Uniswap V3 or PancakeSwap V3.
    function addToUniswapV3(address pool, Position[] calldata positions) external calling(pool) {
        for (uint256 i = 0; i < positions.length; ++i) {
            Position calldata each = positions[i];
            IUniswapV3Mint(pool).mint(
                address(this),
                each.bottomTick,
                each.topTick,
                each.liquidity,
                abi.encode(address(this))
            );
        }
    }

    /// @notice Removes `position` from `pool` and keeps what comes out.
    function remove(address pool, Position calldata position) external {
        IConcentratedPool(pool).burn(position.bottomTick, position.topTick, position.liquidity);
        IConcentratedPool(pool).collect(
            address(this),
            position.bottomTick,
            position.topTick,
            type(uint128).max,
            type(uint128).max
        );
    }

    /// @notice Swaps `amountIn` units, from the caller's allowance to the caller, and reverts when nothing comes out or
    /// not all of it is spent at `limitSqrtPriceX96`.
    function swap(
        address pool,
        bool zeroToOne,
        uint256 amountIn,
        uint160 limitSqrtPriceX96
    ) external calling(pool) returns (uint256 amountOut) {
        (int256 amount0, int256 amount1) = IConcentratedPool(pool).swap(
            msg.sender,
            zeroToOne,
            int256(amountIn),
            limitSqrtPriceX96,
            abi.encode(msg.sender)
        );
        require(uint256(zeroToOne ? amount0 : amount1) == amountIn, "input left");
        amountOut = uint256(-(zeroToOne ? amount1 : amount0));
        require(amountOut > 0, "no output");
    }

    /// @notice Moves the price of `pool` to `sqrtPriceX96`, with the tokens that are here.
    function moveTo(address pool, bool zeroToOne, uint160 sqrtPriceX96) external calling(pool) {
        bytes memory payer = abi.encode(address(this));
        IConcentratedPool(pool).swap(address(this), zeroToOne, type(int128).max, sqrtPriceX96, payer);
    }

    function algebraMintCallback(uint256 amount0, uint256 amount1, bytes calldata data) external {
        _pay(int256(amount0), int256(amount1), data);
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata data) external {
        _pay(int256(amount0), int256(amount1), data);
    }

    function pancakeV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata data) external {
        _pay(int256(amount0), int256(amount1), data);
    }

    function algebraSwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    function pancakeV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    /// @dev Pays the pool that is called what it is owed, from the account that `data` names.
    function _pay(int256 amount0, int256 amount1, bytes calldata data) private {
        if (msg.sender != _called) revert NotCalled(msg.sender);
        address payer = abi.decode(data, (address));
        _payToken(IConcentratedPool(msg.sender).token0(), payer, amount0);
        _payToken(IConcentratedPool(msg.sender).token1(), payer, amount1);
    }

    function _payToken(address token, address payer, int256 amount) private {
        if (amount <= 0) return;
        if (payer == address(this)) IERC20(token).safeTransfer(msg.sender, uint256(amount));
        else IERC20(token).safeTransferFrom(payer, msg.sender, uint256(amount));
    }
}
