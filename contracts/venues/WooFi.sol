// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Answer, Intake, Swap, SwapLib } from "../libraries/Swap.sol";

/// @notice The part of WOOFi's router, and of its pool, that a hop uses.
interface IWooSwap {
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address payable to,
        address rebateTo
    ) external payable returns (uint256 realToAmount);
}

/// @title WooFi
/// @notice The call patterns of WOOFi. Where the target is its pool, which takes what was sent to it, `Hop.data` is empty.
/// Where it is its router, `Hop.data` is `abi.encode(bool nativeIn, bool nativeOut)`, which say whether WETH is swapped as
/// ether.
library WooFi {
    /// @dev How WOOFi names ether: woonetwork/WooPoolV2 `WooRouterV2.ETH_PLACEHOLDER_ADDR`.
    address private constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    function encode(Swap memory swap, bytes calldata data, address weth) internal view {
        (address tokenIn, address tokenOut) = (swap.tokenIn, swap.tokenOut);
        if (takesSent(data)) {
            return SwapLib.sent(swap, Answer.Amount, _swap(tokenIn, tokenOut, swap.amountIn, swap.recipient));
        }
        if (data.length != 64) SwapLib.invalidData(swap);
        (bool nativeIn, bool nativeOut) = abi.decode(data, (bool, bool));
        if ((nativeIn && tokenIn != weth) || (nativeOut && tokenOut != weth)) SwapLib.invalidData(swap);
        if (nativeIn) tokenIn = ETHER;
        if (nativeOut) tokenOut = ETHER;
        SwapLib.pulledBy(swap, swap.target, _swap(tokenIn, tokenOut, swap.amountIn, address(this)));
        if (nativeIn) swap.intake = Intake.Ether;
        swap.nativeOut = nativeOut;
    }

    function takesSent(bytes calldata data) internal pure returns (bool) {
        return data.length == 0;
    }

    /// @dev No minimum: the route is accepted or rejected as a whole, by its profit. No rebate account.
    function _swap(
        address tokenIn,
        address tokenOut,
        uint256 amountIn,
        address recipient
    ) private pure returns (bytes memory) {
        return abi.encodeCall(IWooSwap.swap, (tokenIn, tokenOut, amountIn, 0, payable(recipient), address(0)));
    }
}
