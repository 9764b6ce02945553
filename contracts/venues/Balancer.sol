// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IAsset, IERC20, IVault } from "@balancer-labs/v2-interfaces/contracts/vault/IVault.sol";
import { Answer, Swap, SwapLib } from "../libraries/Swap.sol";

/// @title Balancer
/// @notice The call patterns of Balancer V2's vault. `Hop.data` is
/// - `abi.encode(bytes32 poolId)`
/// - `abi.encodePacked(bytes32 poolId, uint160 limit)`: see {checkPrice}
/// - `abi.encodePacked(bytes32 poolId, address token, bytes32 poolId, …)` for pools in a row, of which the vault keeps what
///   goes from one to the next: a token stands between the pool that pays it and the pool that takes it
library Balancer {
    uint256 private constant POOL_BYTES = 32;
    uint256 private constant STEP_BYTES = 20 + POOL_BYTES;
    uint256 private constant LIMITED_BYTES = POOL_BYTES + 20;

    function encode(Swap memory swap, bytes calldata data) internal view {
        uint256 length = data.length;
        bool isSingle = length == POOL_BYTES || length == LIMITED_BYTES;
        if (!isSingle && (length < POOL_BYTES || (length - POOL_BYTES) % STEP_BYTES != 0)) SwapLib.invalidData(swap);
        address recipient = swap.recipient;
        IVault.FundManagement memory funds = IVault.FundManagement({
            sender: address(this),
            fromInternalBalance: false,
            recipient: payable(recipient),
            toInternalBalance: false
        });
        SwapLib.pulledBy(swap, swap.target, isSingle ? _swap(swap, data, funds) : _batchSwap(swap, data, funds));
        if (!isSingle) swap.answer = Answer.Changes;
        swap.recipient = recipient;
    }

    function limitOf(bytes calldata data) internal pure returns (uint160) {
        return data.length == LIMITED_BYTES ? uint160(bytes20(data[POOL_BYTES:])) : 0;
    }

    /// @notice Reverts where the pool holds less of the output for each unit of the input than `limit` says.
    /// @param limit The least ratio of the pool's balances, output to input, times 2^80.
    function checkPrice(Swap memory swap, bytes32 poolId, uint160 limit) internal view {
        uint256 balanceIn = _balance(swap, poolId, swap.tokenIn);
        SwapLib.requireRatio(swap, balanceIn, _balance(swap, poolId, swap.tokenOut), limit);
    }

    function _balance(Swap memory swap, bytes32 poolId, address token) private view returns (uint256) {
        bytes memory question = abi.encodeCall(IVault.getPoolTokenInfo, (poolId, IERC20(token)));
        (uint256 cash, uint256 managed) = SwapLib.read(swap, question, 2);
        return cash + managed;
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
