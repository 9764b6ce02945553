// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @notice The part of DODO's fee route proxy that a hop uses. Its newer generation has one parameter more in each: that
/// is another ABI, and this generation answers it with nothing.
interface IDodoFeeRouteProxy {
    function externalSwap(
        address fromToken,
        address toToken,
        address approveTarget,
        address swapTarget,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        bytes calldata feeData,
        bytes calldata callDataConcat,
        uint256 deadLine
    ) external payable returns (uint256 receiveAmount);

    function mixSwap(
        address fromToken,
        address toToken,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        address[] calldata mixAdapters,
        address[] calldata mixPairs,
        address[] calldata assetTo,
        uint256 directions,
        bytes[] calldata moreInfos,
        bytes calldata feeData,
        uint256 deadLine
    ) external payable returns (uint256 receiveAmount);
}

/// @title Dodo
/// @notice The call patterns of DODO's fee route proxy: `Hop.data` is a selector and the arguments that go with it.
/// - `mixSwap`: `(address[] mixAdapters, address[] mixPairs, address[] assetTo, uint256 directions, bytes[] moreInfos,
///   bytes feeData)`
/// - `externalSwap`: `(address approveTarget, address swapTarget, bytes feeData, bytes callDataConcat)`
/// @dev Warning: `callDataConcat` fixes an amount. What the swap target does not take of the hop's input stays in the
/// proxy: the route earns that much less.
library Dodo {
    // Both minimums are the least that the proxy accepts: the route is accepted or rejected as a whole, by its profit.
    uint256 private constant MIN_RETURN_AMOUNT = 1;

    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address dodoApprove
    ) internal view returns (VenueCall memory) {
        bytes4 selector = bytes4(hop.data);
        bytes memory payload;
        if (selector == IDodoFeeRouteProxy.mixSwap.selector) {
            payload = _mixSwap(hop, tokenIn, amountIn);
        } else if (selector == IDodoFeeRouteProxy.externalSwap.selector) {
            payload = _externalSwap(hop, tokenIn, amountIn);
        } else {
            revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        }
        return VenueCallLib.pulledBy(dodoApprove, payload);
    }

    function _mixSwap(Hop calldata hop, address tokenIn, uint256 amountIn) private view returns (bytes memory) {
        (
            address[] memory mixAdapters,
            address[] memory mixPairs,
            address[] memory assetTo,
            uint256 directions,
            bytes[] memory moreInfos,
            bytes memory feeData
        ) = abi.decode(hop.data[4:], (address[], address[], address[], uint256, bytes[], bytes));
        return
            abi.encodeCall(
                IDodoFeeRouteProxy.mixSwap,
                (
                    tokenIn,
                    hop.tokenOut,
                    amountIn,
                    MIN_RETURN_AMOUNT,
                    mixAdapters,
                    mixPairs,
                    assetTo,
                    directions,
                    moreInfos,
                    feeData,
                    block.timestamp
                )
            );
    }

    function _externalSwap(Hop calldata hop, address tokenIn, uint256 amountIn) private view returns (bytes memory) {
        (address approveTarget, address swapTarget, bytes memory feeData, bytes memory callDataConcat) = abi.decode(
            hop.data[4:],
            (address, address, bytes, bytes)
        );
        return
            abi.encodeCall(
                IDodoFeeRouteProxy.externalSwap,
                (
                    tokenIn,
                    hop.tokenOut,
                    approveTarget,
                    swapTarget,
                    amountIn,
                    MIN_RETURN_AMOUNT,
                    feeData,
                    callDataConcat,
                    block.timestamp
                )
            );
    }
}
