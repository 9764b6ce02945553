// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IAsset, IVault } from "@balancer-labs/v2-interfaces/contracts/vault/IVault.sol";
import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @title Balancer
/// @notice The call pattern of Balancer V2's vault: `Hop.data` is `abi.encode(bytes32 poolId)`.
library Balancer {
    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn
    ) internal view returns (VenueCall memory) {
        if (hop.data.length != 32) revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        return
            VenueCallLib.pulledBy(
                hop.target,
                // No limit, which is a minimum here: the route is accepted or rejected as a whole, by its profit.
                abi.encodeCall(
                    IVault.swap,
                    (
                        IVault.SingleSwap({
                            poolId: bytes32(hop.data),
                            kind: IVault.SwapKind.GIVEN_IN,
                            assetIn: IAsset(tokenIn),
                            assetOut: IAsset(hop.tokenOut),
                            amount: amountIn,
                            userData: ""
                        }),
                        IVault.FundManagement({
                            sender: address(this),
                            fromInternalBalance: false,
                            recipient: payable(address(this)),
                            toInternalBalance: false
                        }),
                        0,
                        block.timestamp
                    )
                )
            );
    }
}
