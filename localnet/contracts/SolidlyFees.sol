// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title SolidlyFees
/// @notice Twin of the contract that holds the fees of one Ramses V1 pair apart from its reserves.
/// @dev Reproduces: an address of its own for every pair, which receives the fee during a swap; `claimFeesFor` before a fee
/// distributor is set, which moves nothing.
/// Leaves out: the fee distributor, the gauge, the voter: fees stay here.
contract SolidlyFees {
    address public feeDistributor;

    function claimFeesFor() external pure returns (uint256, uint256) {
        return (0, 0);
    }
}
