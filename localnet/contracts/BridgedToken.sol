// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title BridgedToken
/// @notice Twin of a bridged ERC-20 on Arbitrum: USDC, USDC.e, USD₮0, DAI, ARB and WBTC.
/// @dev Reproduces: name, symbol, decimals, ERC-20 with a returned bool, EIP-2612 permit, minting by the bridge.
/// Leaves out: the proxy, pausing, blacklists, EIP-3009, votes (ARB), bridging itself.
contract BridgedToken is ERC20Permit {
    /// @notice Mints and burns: the bridge on Arbitrum, the localnet's owner here.
    address public immutable minter;

    uint8 private immutable _decimals;

    /// @notice Thrown when someone other than the minter mints.
    error NotMinter(address caller);

    constructor(
        string memory name_,
        string memory symbol_,
        uint8 decimals_,
        address minter_
    ) ERC20(name_, symbol_) ERC20Permit(name_) {
        _decimals = decimals_;
        minter = minter_;
    }

    /// @notice Mints `amount` units to `to`.
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
