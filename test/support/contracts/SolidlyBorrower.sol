// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title SolidlyBorrower
/// @notice Receives a swap with data from a Solidly pair and makes the one call that the data describes.
contract SolidlyBorrower {
    /// @notice Emitted when a pair has called.
    event Hooked(address indexed pair, address indexed sender, uint256 amount0, uint256 amount1);

    /// @param data `abi.encode(address target, bytes payload)`
    function hook(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external {
        emit Hooked(msg.sender, sender, amount0, amount1);
        (address target, bytes memory payload) = abi.decode(data, (address, bytes));
        (bool success, bytes memory answer) = target.call(payload);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}
