// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { Answer, Intake, Swap, SwapLib } from "./Swap.sol";

/// @notice The part of a pool of concentrated liquidity that a hop uses, alike in Uniswap V3 and in Algebra.
interface IConcentratedPool {
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

/// @title ConcentratedPool
/// @notice Swaps through a pool itself, which sends the output and calls back for the input.
library ConcentratedPool {
    // No price limit: these are the last prices inside of the range of Uniswap/v3-core `TickMath.MIN_SQRT_RATIO` and
    // `MAX_SQRT_RATIO`, which a pool accepts as a limit. A pool that stops there asks for less than the hop's input.
    uint160 private constant LOWEST_SQRT_PRICE_X96 = 4295128740;
    uint160 private constant HIGHEST_SQRT_PRICE_X96 = 1461446703485210103287273052203988822378723970341;

    /// @notice Describes the call that sells a hop's input. A pool's tokens are in the order of their addresses.
    function sell(Swap memory swap) internal pure {
        bool zeroForOne = swap.tokenIn < swap.tokenOut;
        swap.intake = Intake.CalledBack;
        swap.nativeOut = false;
        swap.answer = Answer.Changes;
        swap.callback = abi.encode(swap.tokenIn, swap.amountIn);
        swap.payload = abi.encodeCall(
            IConcentratedPool.swap,
            (
                swap.recipient,
                zeroForOne,
                // A negative amount would be the output's.
                SafeCast.toInt256(swap.amountIn),
                zeroForOne ? LOWEST_SQRT_PRICE_X96 : HIGHEST_SQRT_PRICE_X96,
                swap.callback
            )
        );
    }

    /// @notice Pays a pool what it asks for, which is what the hop spends.
    /// @param amount0 What the pool's balance of its first token has to change by: above zero for the input.
    /// @param amount1 The same of its second token.
    /// @param callback What the swap was announced with.
    function pay(address pool, int256 amount0, int256 amount1, bytes calldata callback) internal {
        (address tokenIn, uint256 amountIn) = abi.decode(callback, (address, uint256));
        int256 owed = amount0 > amount1 ? amount0 : amount1;
        if (owed != int256(amountIn)) revert IFlashArbitrage.UnexpectedCharge(owed, amountIn);
        SafeERC20.safeTransfer(IERC20(tokenIn), pool, amountIn);
    }

    /// @notice Reverts where the pool has a worse price than `limit` for selling the hop's input.
    /// @param reading The selector of the pool's function whose first word is the root of its price.
    /// @param limit The worst root of the price of token0 in token1, in the pool's own number.
    function checkPrice(Swap memory swap, bytes4 reading, uint160 limit) internal view {
        (uint256 root, ) = SwapLib.read(swap, abi.encodePacked(reading), 1);
        SwapLib.requirePrice(swap, root, limit, swap.tokenIn < swap.tokenOut);
    }
}
