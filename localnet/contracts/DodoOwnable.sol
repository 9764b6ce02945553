// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title DodoOwnable
/// @notice Twin of DODOEX/contractV2 `lib/InitializableOwnable.sol`.
/// @dev Reproduces: an owner set once by `initOwner`, handed over in two steps; `DODO_INITIALIZED`, `NOT_OWNER`,
/// `INVALID_CLAIM`; events. Leaves out: nothing.
abstract contract DodoOwnable {
    address public _OWNER_;
    address public _NEW_OWNER_;
    bool private _initialized;

    event OwnershipTransferPrepared(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    modifier onlyOwner() {
        require(msg.sender == _OWNER_, "NOT_OWNER");
        _;
    }

    function initOwner(address newOwner) public {
        require(!_initialized, "DODO_INITIALIZED");
        _initialized = true;
        _OWNER_ = newOwner;
    }

    function transferOwnership(address newOwner) external onlyOwner {
        emit OwnershipTransferPrepared(_OWNER_, newOwner);
        _NEW_OWNER_ = newOwner;
    }

    function claimOwnership() external {
        require(msg.sender == _NEW_OWNER_, "INVALID_CLAIM");
        emit OwnershipTransferred(_OWNER_, _NEW_OWNER_);
        _OWNER_ = _NEW_OWNER_;
        _NEW_OWNER_ = address(0);
    }
}
