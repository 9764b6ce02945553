// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The cheatcodes of Hardhat's Solidity tests that are used here.
interface Cheatcodes {
    /// @notice Makes the next call come from `sender`.
    function prank(address sender) external;

    /// @notice Makes all calls until `stopPrank` come from `sender`.
    function startPrank(address sender) external;

    function stopPrank() external;

    /// @notice Sets the ether of an account.
    function deal(address account, uint256 balance) external;

    /// @notice Discards the fuzz case unless the condition holds.
    function assume(bool condition) external pure;

    /// @notice Returns the creation code of a contract of this project: "File.sol:Contract".
    function getCode(string calldata artifact) external view returns (bytes memory);
}

Cheatcodes constant vm = Cheatcodes(address(uint160(uint256(keccak256("hevm cheat code")))));
