// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IAsset, IVault } from "@balancer-labs/v2-interfaces/contracts/vault/IVault.sol";
import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { Answer, VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @title Balancer
/// @notice The call patterns of Balancer V2's vault. `Hop.data` is `abi.encode(bytes32 poolId)`, and for pools in a row, of
/// which the vault keeps what goes from one to the next, `abi.encodePacked(bytes32 poolId, address token, bytes32 poolId,
/// …)`: a token stands between the pool that pays it and the pool that takes it.
library Balancer {
    uint256 private constant POOL_BYTES = 32;
    uint256 private constant STEP_BYTES = 20 + POOL_BYTES;

    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient
    ) internal view returns (VenueCall memory venueCall) {
        uint256 length = hop.data.length;
        if (length < POOL_BYTES || (length - POOL_BYTES) % STEP_BYTES != 0) {
            revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        }
        IVault.FundManagement memory funds = IVault.FundManagement({
            sender: address(this),
            fromInternalBalance: false,
            recipient: payable(recipient),
            toInternalBalance: false
        });
        venueCall = VenueCallLib.pulledBy(
            hop.target,
            length == POOL_BYTES ? _swap(hop, tokenIn, amountIn, funds) : _batchSwap(hop, tokenIn, amountIn, funds)
        );
        if (length != POOL_BYTES) venueCall.answer = Answer.Changes;
        venueCall.recipient = recipient;
    }

    function _swap(
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        IVault.FundManagement memory funds
    ) private view returns (bytes memory) {
        IVault.SingleSwap memory single = IVault.SingleSwap({
            poolId: bytes32(hop.data),
            kind: IVault.SwapKind.GIVEN_IN,
            assetIn: IAsset(tokenIn),
            assetOut: IAsset(hop.tokenOut),
            amount: amountIn,
            userData: ""
        });
        // No limit, which is a minimum here: the route is accepted or rejected as a whole, by its profit.
        return abi.encodeCall(IVault.swap, (single, funds, 0, block.timestamp));
    }

    function _batchSwap(
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        IVault.FundManagement memory funds
    ) private view returns (bytes memory) {
        uint256 steps = (hop.data.length - POOL_BYTES) / STEP_BYTES + 1;
        IVault.BatchSwapStep[] memory swaps = new IVault.BatchSwapStep[](steps);
        IAsset[] memory assets = new IAsset[](steps + 1);
        assets[0] = IAsset(tokenIn);
        for (uint256 i = 0; i < steps; ++i) {
            bytes calldata rest = hop.data[i * STEP_BYTES:];
            // An amount of zero is all that the step before paid.
            swaps[i] = IVault.BatchSwapStep(bytes32(rest), i, i + 1, i == 0 ? amountIn : 0, "");
            assets[i + 1] = IAsset(i + 1 == steps ? hop.tokenOut : address(bytes20(rest[POOL_BYTES:])));
        }
        // What each asset may change by for the vault: the input comes in, nothing else does.
        int256[] memory limits = new int256[](steps + 1);
        limits[0] = int256(amountIn);
        return
            abi.encodeCall(IVault.batchSwap, (IVault.SwapKind.GIVEN_IN, swaps, assets, funds, limits, block.timestamp));
    }
}
