// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IAsset, IVault } from "@balancer-labs/v2-interfaces/contracts/vault/IVault.sol";
import { Answer, Swap, SwapLib } from "../libraries/Swap.sol";

/// @title Balancer
/// @notice The call patterns of Balancer V2's vault. `Hop.data` is `abi.encode(bytes32 poolId)`, and for pools in a row, of
/// which the vault keeps what goes from one to the next, `abi.encodePacked(bytes32 poolId, address token, bytes32 poolId,
/// …)`: a token stands between the pool that pays it and the pool that takes it.
library Balancer {
    uint256 private constant POOL_BYTES = 32;
    uint256 private constant STEP_BYTES = 20 + POOL_BYTES;

    function encode(Swap memory swap, bytes calldata data) internal view {
        uint256 length = data.length;
        if (length < POOL_BYTES || (length - POOL_BYTES) % STEP_BYTES != 0) SwapLib.invalidData(swap);
        address recipient = swap.recipient;
        IVault.FundManagement memory funds = IVault.FundManagement({
            sender: address(this),
            fromInternalBalance: false,
            recipient: payable(recipient),
            toInternalBalance: false
        });
        bool isSingle = length == POOL_BYTES;
        SwapLib.pulledBy(swap, swap.target, isSingle ? _swap(swap, data, funds) : _batchSwap(swap, data, funds));
        if (!isSingle) swap.answer = Answer.Changes;
        swap.recipient = recipient;
    }

    function _swap(
        Swap memory swap,
        bytes calldata data,
        IVault.FundManagement memory funds
    ) private view returns (bytes memory) {
        IVault.SingleSwap memory single = IVault.SingleSwap({
            poolId: bytes32(data),
            kind: IVault.SwapKind.GIVEN_IN,
            assetIn: IAsset(swap.tokenIn),
            assetOut: IAsset(swap.tokenOut),
            amount: swap.amountIn,
            userData: ""
        });
        // No limit, which is a minimum here: the route is accepted or rejected as a whole, by its profit.
        return abi.encodeCall(IVault.swap, (single, funds, 0, block.timestamp));
    }

    function _batchSwap(
        Swap memory swap,
        bytes calldata data,
        IVault.FundManagement memory funds
    ) private view returns (bytes memory) {
        uint256 steps = (data.length - POOL_BYTES) / STEP_BYTES + 1;
        IVault.BatchSwapStep[] memory swaps = new IVault.BatchSwapStep[](steps);
        IAsset[] memory assets = new IAsset[](steps + 1);
        assets[0] = IAsset(swap.tokenIn);
        for (uint256 i = 0; i < steps; ++i) {
            bytes calldata rest = data[i * STEP_BYTES:];
            // An amount of zero is all that the step before paid.
            swaps[i] = IVault.BatchSwapStep(bytes32(rest), i, i + 1, i == 0 ? swap.amountIn : 0, "");
            assets[i + 1] = IAsset(i + 1 == steps ? swap.tokenOut : address(bytes20(rest[POOL_BYTES:])));
        }
        // What each asset may change by for the vault: the input comes in, nothing else does.
        int256[] memory limits = new int256[](steps + 1);
        limits[0] = int256(swap.amountIn);
        return
            abi.encodeCall(IVault.batchSwap, (IVault.SwapKind.GIVEN_IN, swaps, assets, funds, limits, block.timestamp));
    }
}
